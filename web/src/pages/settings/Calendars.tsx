import { Button, Group, Text } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type Calendar, api, call } from '../../api/client'
import { keys } from '../../api/keys'
import { calendarsQuery } from '../../api/queries'
import { ConfirmDialog } from '../ui/ConfirmDialog'
import { Fault } from '../ui/Fault'
import { Loaded } from '../ui/Loaded'
import { Section } from '../ui/Section'
import { useDates } from '../ui/useDates'
import { calendarText } from './calendarFaults'
import { ConnectDialog } from './ConnectDialog'
import classes from './Settings.module.css'

/** The calendars elsewhere that are shown beside one's meetings. */
export function Calendars() {
  const { t } = useTranslation('app')
  const client = useQueryClient()
  const calendars = useQuery(calendarsQuery)
  const [adding, setAdding] = useState(false)
  const [dropped, setDropped] = useState<Calendar>()
  const again = () => Promise.all([client.invalidateQueries({ queryKey: keys.calendars }), client.invalidateQueries({ queryKey: keys.meetings })])
  return (
    <Section title={t('calendars.title')} text={t('calendars.text')}>
      <Loaded query={calendars}>
        {({ items }) =>
          items.length === 0 ? (
            <Text c="dimmed">{t('calendars.none')}</Text>
          ) : (
            <ul className={classes.list}>
              {items.map((calendar) => (
                <Row key={calendar.id} calendar={calendar} onRead={again} onDrop={() => setDropped(calendar)} />
              ))}
            </ul>
          )
        }
      </Loaded>
      <Group>
        <Button variant="default" leftSection={<IconPlus size={18} aria-hidden />} onClick={() => setAdding(true)} data-testid="add-calendar">
          {t('calendars.add')}
        </Button>
      </Group>
      <ConnectDialog opened={adding} onClose={() => setAdding(false)} onConnected={again} />
      <ConfirmDialog
        opened={dropped !== undefined}
        title={t('calendars.remove')}
        text={t('calendars.removeText', { name: dropped?.name ?? '' })}
        action={t('calendars.remove')}
        onConfirm={async () => {
          if (dropped) await call(() => api.DELETE('/api/v1/me/calendars/{id}', { params: { path: { id: dropped.id } } }))
          await again()
        }}
        onClose={() => setDropped(undefined)}
      />
    </Section>
  )
}

function Row({ calendar, onRead, onDrop }: { calendar: Calendar; onRead: () => Promise<unknown>; onDrop: () => void }) {
  const { t } = useTranslation('app')
  const { id, name, account, host } = calendar
  const refresh = useMutation({ mutationFn: () => call(() => api.POST('/api/v1/me/calendars/{id}/refresh', { params: { path: { id } } })), onSuccess: onRead })
  return (
    <li className={classes.calendar} data-testid="calendar" data-problem={calendar.last?.problem}>
      <div className={classes.text}>
        <Text fw={600}>{name}</Text>
        <Text size="sm" c="dimmed">
          {account ? t('calendars.account', { account, host }) : host}
        </Text>
        <State calendar={calendar} />
        <Fault error={refresh.error} />
      </div>
      <Group gap="xs">
        <Button variant="default" size="compact-md" loading={refresh.isPending} onClick={() => refresh.mutate()} aria-label={t('calendars.refreshNamed', { name })} data-testid="refresh-calendar">
          {t('calendars.refresh')}
        </Button>
        <Button variant="default" size="compact-md" onClick={onDrop} aria-label={t('calendars.removeNamed', { name })} data-testid="remove-calendar">
          {t('calendars.remove')}
        </Button>
      </Group>
    </li>
  )
}

/** When it was read, or why it could not be. */
function State({ calendar: { last } }: { calendar: Calendar }) {
  const { t } = useTranslation('app')
  const dates = useDates()
  if (!last) {
    return (
      <Text size="sm" c="dimmed">
        {t('calendars.unread')}
      </Text>
    )
  }
  const time = dates.time(last.at)
  return (
    <Text size="sm" c={last.problem ? 'var(--mantine-color-error)' : 'dimmed'} role="status">
      {last.problem ? `${t('calendars.failed', { time })}: ${calendarText(t, last.problem, last.text)}` : t('calendars.read', { time })}
    </Text>
  )
}
