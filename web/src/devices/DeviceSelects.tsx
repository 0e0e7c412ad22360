import { NativeSelect, Stack } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { LocalMedia, LocalView } from './localMedia'
import { useDevices } from './useDevices'

/** Which camera, microphone and speaker to use. */
export function DeviceSelects({ media, local }: { media: LocalMedia; local: LocalView }) {
  const { t } = useTranslation()
  const devices = useDevices(local.camera.track ?? local.microphone.track)
  const { choices } = local
  const canChooseSpeaker = 'setSinkId' in HTMLMediaElement.prototype
  const options = (kind: MediaDeviceKind) => {
    const found = devices.filter((d) => d.kind === kind && d.deviceId !== 'default')
    return [{ value: '', label: t('prejoin.defaultDevice') }, ...found.map((d) => ({ value: d.deviceId, label: d.label }))]
  }
  return (
    <Stack gap="sm">
      <NativeSelect
        label={t('prejoin.microphone')}
        data={options('audioinput')}
        value={choices.microphoneId ?? ''}
        onChange={(event) => void media.useMicrophone(event.currentTarget.value)}
      />
      <NativeSelect
        label={t('prejoin.camera')}
        data={options('videoinput')}
        value={choices.cameraId ?? ''}
        onChange={(event) => void media.useCamera(event.currentTarget.value)}
      />
      {canChooseSpeaker && (
        <NativeSelect
          label={t('prejoin.speaker')}
          data={options('audiooutput')}
          value={choices.speakerId ?? ''}
          onChange={(event) => media.useSpeaker(event.currentTarget.value)}
        />
      )}
    </Stack>
  )
}
