import { ActionIcon, Loader, Tooltip } from '@mantine/core'
import { IconMicrophone, IconMicrophoneOff, IconVideo, IconVideoOff } from '@tabler/icons-react'
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import type { LocalMedia, LocalView } from '../devices/localMedia'
import { Video } from '../room/Video'
import { LevelMeter } from './LevelMeter'
import classes from './Preview.module.css'

/** How one will look and whether one will be heard. */
export function Preview({ media, local }: { media: LocalMedia; local: LocalView }) {
  const { t } = useTranslation()
  const { camera, microphone, busy } = local
  const stream = useMemo(() => (camera.track ? new MediaStream([camera.track]) : undefined), [camera.track])
  return (
    <div className={classes.preview} data-testid="preview">
      {stream ? (
        <Video stream={stream} fit="cover" mirrored className={classes.video} label={t('prejoin.preview')} />
      ) : (
        <div className={classes.off}>{busy ? <Loader size="sm" color="gray" /> : t('prejoin.cameraOff')}</div>
      )}
      <div className={classes.level}>{microphone.on && microphone.track && <LevelMeter track={microphone.track} />}</div>
      <div className={classes.controls}>
        <Tooltip label={microphone.on ? t('control.mute') : t('control.unmute')}>
          <ActionIcon
            size={48}
            radius="xl"
            variant="filled"
            color={microphone.on ? 'dark.4' : 'red'}
            data-testid="toggle-microphone"
            aria-label={microphone.on ? t('control.mute') : t('control.unmute')}
            aria-pressed={!microphone.on}
            onClick={() => void media.setMicrophone(!microphone.on)}
          >
            {microphone.on ? <IconMicrophone /> : <IconMicrophoneOff />}
          </ActionIcon>
        </Tooltip>
        <Tooltip label={camera.on ? t('control.cameraOff') : t('control.cameraOn')}>
          <ActionIcon
            size={48}
            radius="xl"
            variant="filled"
            color={camera.on ? 'dark.4' : 'red'}
            data-testid="toggle-camera"
            aria-label={camera.on ? t('control.cameraOff') : t('control.cameraOn')}
            aria-pressed={!camera.on}
            onClick={() => void media.setCamera(!camera.on)}
          >
            {camera.on ? <IconVideo /> : <IconVideoOff />}
          </ActionIcon>
        </Tooltip>
      </div>
    </div>
  )
}
