import { Button, Group, Modal, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'

/** A host asks one to unmute. Nothing happens unless one does. */
export function AskedDialog({ opened, onUnmute, onClose }: { opened: boolean; onUnmute: () => void; onClose: () => void }) {
  const { t } = useTranslation('meetings')
  const common = useTranslation().t
  return (
    <Modal opened={opened} onClose={onClose} title={t('asked.title')} closeButtonProps={{ 'aria-label': common('close') }} centered role="alertdialog">
      <Text mb="md">{t('asked.text')}</Text>
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose} data-autofocus>
          {t('asked.stay')}
        </Button>
        <Button onClick={onUnmute} data-testid="asked-unmute">
          {t('asked.unmute')}
        </Button>
      </Group>
    </Modal>
  )
}
