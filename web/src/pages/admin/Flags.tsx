import { Badge, Button, Group, Switch, Table, Text } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type Flag, api, call } from '../../api/client'
import { keys } from '../../api/keys'
import { flagsQuery } from '../../api/queries'
import { Fault } from '../ui/Fault'
import { Loaded } from '../ui/Loaded'
import { Page } from '../ui/Page'
import { Section } from '../ui/Section'
import { useDates } from '../ui/useDates'
import { FlagDialog } from './FlagDialog'
import { FLAGS, FLAG_NAMES, isFlag } from './flagNames'
import { UserName } from './UserName'

/** What is on for everybody, and what for single people. */
export default function Flags() {
  const { t } = useTranslation('app')
  const client = useQueryClient()
  const flags = useQuery(flagsQuery)
  const [adding, setAdding] = useState(false)
  const refresh = () => Promise.all([keys.flags, keys.me].map((queryKey) => client.invalidateQueries({ queryKey })))
  const set = useMutation({ mutationFn: (body: Flag) => call(() => api.PUT('/api/v1/flags', { body })), onSuccess: refresh })
  return (
    <Page title={t('section.flags')} text={t('flags.text')}>
      <Fault error={set.error} />
      <Loaded query={flags}>
        {({ items }) => (
          <>
            <Section title={t('flags.everybody')}>
              {FLAG_NAMES.map((name) => {
                const chosen = items.find((flag) => flag.name === name && !flag.user && !expired(flag))
                return (
                  <Switch
                    key={name}
                    label={t(`flag.${name}`)}
                    description={t(`flag.${name}_help`)}
                    checked={chosen?.enabled ?? FLAGS[name]}
                    disabled={set.isPending}
                    onChange={({ currentTarget }) => set.mutate({ name, enabled: currentTarget.checked })}
                  />
                )
              })}
            </Section>
            <Section title={t('flags.exceptions')} text={t('flags.exceptionsText')}>
              <Exceptions flags={items.filter(({ user, name }) => user && isFlag(name))} onSet={set.mutate} busy={set.isPending} />
              <Group>
                <Button variant="default" leftSection={<IconPlus size={18} aria-hidden />} onClick={() => setAdding(true)}>
                  {t('flags.add')}
                </Button>
              </Group>
            </Section>
          </>
        )}
      </Loaded>
      <FlagDialog
        opened={adding}
        onClose={() => setAdding(false)}
        onDone={() => {
          setAdding(false)
          void refresh()
        }}
      />
    </Page>
  )
}

function Exceptions({ flags, onSet, busy }: { flags: Flag[]; onSet: (flag: Flag) => void; busy: boolean }) {
  const { t } = useTranslation('app')
  const dates = useDates()
  if (flags.length === 0) return <Text c="dimmed">{t('flags.noExceptions')}</Text>
  return (
    <Table>
      <Table.Tbody>
        {flags.map((flag) => (
          <Table.Tr key={`${flag.name} ${flag.user ?? ''}`}>
            <Table.Td>
              <UserName id={flag.user ?? ''} />
              <Text size="sm" c="dimmed">
                {isFlag(flag.name) ? t(`flag.${flag.name}`) : flag.name}
              </Text>
              {flag.expires && (
                <Badge variant="outline" size="sm" color={expired(flag) ? 'gray' : 'rail'}>
                  {expired(flag) ? t('flags.expired') : t('flags.until', { date: dates.day(flag.expires) })}
                </Badge>
              )}
            </Table.Td>
            <Table.Td w={70}>
              <Switch
                checked={flag.enabled}
                disabled={busy}
                aria-label={isFlag(flag.name) ? t(`flag.${flag.name}`) : flag.name}
                onChange={({ currentTarget }) => onSet({ ...flag, enabled: currentTarget.checked })}
              />
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  )
}

function expired({ expires }: Flag): boolean {
  return expires !== undefined && new Date(expires) <= new Date()
}
