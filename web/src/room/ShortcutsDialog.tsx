import { Kbd, Modal, Switch, Table } from '@mantine/core'
import { useTranslation } from 'react-i18next'

interface Props {
  people: boolean
  enabled: boolean
  onEnable: (enabled: boolean) => void
  opened: boolean
  onClose: () => void
}

/** The keys, and whether they do anything. */
export function ShortcutsDialog({ people, enabled, onEnable, opened, onClose }: Props) {
  const { t } = useTranslation()
  const rows = [
    ['M', t('control.mute')],
    ['V', t('control.cameraOff')],
    ['S', t('control.share')],
    ['H', t('hands.raise')],
    ['R', t('reactions.open')],
    ['C', t('chat.title')],
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
      <Switch
        mb="sm"
        label={t('shortcuts.enabled')}
        checked={enabled}
        onChange={(event) => onEnable(event.currentTarget.checked)}
        data-testid="enable-shortcuts"
      />
      <Table opacity={enabled ? 1 : 0.5}>
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
