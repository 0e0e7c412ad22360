import { Kbd, Modal, Table } from '@mantine/core'
import { useTranslation } from 'react-i18next'

export function ShortcutsDialog({ people, opened, onClose }: { people: boolean; opened: boolean; onClose: () => void }) {
  const { t } = useTranslation()
  const rows = [
    ['M', t('control.mute')],
    ['V', t('control.cameraOff')],
    ['S', t('control.share')],
    ['G', t('shortcuts.view')],
    ['F', t('control.fullscreen')],
    ['D', t('control.settings')],
    ['I', t('control.stats')],
    ...(people ? [['P', t('shortcuts.people')]] : []),
    ['?', t('shortcuts.help')],
    ['⇧ L', t('shortcuts.leave')],
  ]
  return (
    <Modal opened={opened} onClose={onClose} title={t('shortcuts.title')} closeButtonProps={{ 'aria-label': t('close') }} centered>
      <Table>
        <Table.Tbody>
          {rows.map(([key, what]) => (
            <Table.Tr key={key}>
              <Table.Td w={80}>
                <Kbd>{key}</Kbd>
              </Table.Td>
              <Table.Td>{what}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Modal>
  )
}
