import { Modal } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { LocalMedia, LocalView } from '../devices/localMedia'
import { DeviceSelects } from '../devices/DeviceSelects'

export function SettingsDialog({ media, local, onClose }: { media: LocalMedia; local: LocalView; onClose: () => void }) {
  const { t } = useTranslation()
  return (
    <Modal opened onClose={onClose} title={t('control.settings')} closeButtonProps={{ 'aria-label': t('close') }} centered>
      <DeviceSelects media={media} local={local} />
    </Modal>
  )
}
