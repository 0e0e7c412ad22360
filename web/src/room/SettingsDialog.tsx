import { Modal } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { LocalMedia, LocalView } from '../devices/localMedia'
import { DeviceSelects } from '../devices/DeviceSelects'

interface Props {
  media: LocalMedia
  local: LocalView
  opened: boolean
  onClose: () => void
}

export function SettingsDialog({ media, local, opened, onClose }: Props) {
  const { t } = useTranslation()
  return (
    <Modal opened={opened} onClose={onClose} title={t('control.settings')} closeButtonProps={{ 'aria-label': t('close') }} centered>
      <DeviceSelects media={media} local={local} />
    </Modal>
  )
}
