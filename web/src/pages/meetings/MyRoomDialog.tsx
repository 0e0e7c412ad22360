import { Button, Group, Stack, Table, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { CopyableText } from '../ui/CopyableText'
import { Dialog } from '../ui/Dialog'
import { Loaded } from '../ui/Loaded'
import { CopyInvitation } from './CopyInvitation'
import { useJoin } from './join'
import { spaced } from './number'
import { accessQuery, roomQuery } from './queries'

/** How others get into one's own room, and a way to open it. */
export function MyRoomDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation('meetings')
  const room = useQuery({ ...roomQuery, enabled: opened })
  return (
    <Dialog opened={opened} onClose={onClose} title={t('room.info')} size="lg">
      <Loaded query={room}>{({ id }) => <Info id={id} />}</Loaded>
    </Dialog>
  )
}

function Info({ id }: { id: string }) {
  const { t } = useTranslation('meetings')
  const query = useQuery(accessQuery(id))
  const { join, joining } = useJoin()
  return (
    <Stack>
      <Text c="dimmed">{t('room.text')}</Text>
      <Loaded query={query}>
        {(access) => (
          <>
            <CopyableText value={access.url} label={t('room.address')} />
            <Table variant="vertical" layout="fixed">
              <Table.Tbody>
                <Row name={t('details.number')} value={spaced(access.conference_id)} />
                <Row name={t('room.guestPasscode')} value={access.guest_passcode} />
                {access.host_passcode && <Row name={t('room.hostPasscode')} value={access.host_passcode} />}
                {access.numbers.map(({ number, label, country }) => (
                  <Row key={number} name={`${country} ${label}`} value={number} />
                ))}
              </Table.Tbody>
            </Table>
          </>
        )}
      </Loaded>
      <Group justify="flex-end">
        <CopyInvitation id={id} />
        <Button loading={joining !== undefined} onClick={() => join(id)} data-testid="start-room">
          {t('room.start')}
        </Button>
      </Group>
    </Stack>
  )
}

function Row({ name, value }: { name: string; value: string }) {
  return (
    <Table.Tr>
      <Table.Th scope="row">{name}</Table.Th>
      <Table.Td style={{ fontVariantNumeric: 'tabular-nums' }}>{value}</Table.Td>
    </Table.Tr>
  )
}
