import { Modal, Switch } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { LocalMedia, LocalView } from '../devices/localMedia'
import { DeviceSelects } from '../devices/DeviceSelects'

interface Props {
  media: LocalMedia
  local: LocalView
  /** Others' cameras are shown. */
  cameras: boolean
  onCameras: (shown: boolean) => void
  opened: boolean
  onClose: () => void
}

export function SettingsDialog({ media, local, cameras, onCameras, opened, onClose }: Props) {
  const { t } = useTranslation()
  return (
    <Modal opened={opened} onClose={onClose} title={t('control.settings')} closeButtonProps={{ 'aria-label': t('close') }} centered>
      <DeviceSelects media={media} local={local} />
      <Switch mt="lg" label={t('control.cameras')} description={t('control.camerasHelp')} checked={cameras} onChange={(event) => onCameras(event.currentTarget.checked)} data-testid="show-cameras" />
    </Modal>
  )
}
