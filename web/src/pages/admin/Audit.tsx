import { Code, Table, Text } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import type { AuditEntry } from '../../api/client'
import { auditQuery } from '../../api/queries'
import { Loaded } from '../ui/Loaded'
import { MoreButton } from '../ui/MoreButton'
import { Page } from '../ui/Page'
import { TableCard } from '../ui/TableCard'
import { useDates } from '../ui/useDates'
import { UserName } from './UserName'

/** Who did what. */
export default function Audit() {
  const { t } = useTranslation('app')
  const entries = useInfiniteQuery(auditQuery)
  return (
    <Page title={t('section.audit')} text={t('audit.text')} width={1100}>
      <Loaded query={entries}>
        {({ pages }) => (
          <TableCard>
            <Table style={{ tableLayout: 'fixed', overflowWrap: 'anywhere' }} verticalSpacing="sm">
              <Table.Thead>
                <Table.Tr>
                  <Table.Th w={{ base: '40%', sm: '22%' }}>{t('audit.when')}</Table.Th>
                  <Table.Th>{t('audit.what')}</Table.Th>
                  <Table.Th visibleFrom="sm">{t('audit.about')}</Table.Th>
                  <Table.Th visibleFrom="md">{t('audit.detail')}</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {pages.flatMap(({ items }) => items).map((entry) => (
                  <Row key={entry.id} entry={entry} />
                ))}
              </Table.Tbody>
            </Table>
          </TableCard>
        )}
      </Loaded>
      <MoreButton query={entries} />
    </Page>
  )
}

function Row({ entry }: { entry: AuditEntry }) {
  const dates = useDates()
  const detail = JSON.stringify(entry.detail)
  return (
    <Table.Tr>
      <Table.Td valign="top">
        {dates.time(entry.at)}
        <Text size="sm" c="dimmed">
          {entry.address}
        </Text>
      </Table.Td>
      <Table.Td valign="top">
        <Text component="span" fw={600}>
          {entry.action}
        </Text>
        <Text size="sm" c="dimmed">
          <Who reference={entry.actor} />
        </Text>
      </Table.Td>
      <Table.Td valign="top" visibleFrom="sm">
        <Who reference={entry.subject} />
      </Table.Td>
      <Table.Td valign="top" visibleFrom="md">
        {detail !== '{}' && <Code style={{ whiteSpace: 'pre-wrap' }}>{detail}</Code>}
      </Table.Td>
    </Table.Tr>
  )
}

/** A reference kind:id; of users their names. */
function Who({ reference }: { reference: string }) {
  const [kind, id = ''] = reference.split(':')
  return kind === 'user' && id ? <UserName id={id} /> : <span>{reference}</span>
}
