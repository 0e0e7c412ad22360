import { Anchor, Button, Group, SimpleGrid, Stack, Text, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { IconBolt, IconCalendarPlus, IconDoorEnter, IconSearch } from '@tabler/icons-react'
import { keepPreviousData, useMutation, useQuery } from '@tanstack/react-query'
import { type SyntheticEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useLocation } from 'wouter'
import { api, call } from '../../api/client'
import { problemText } from '../../api/problem'
import { goToDoor, seatOf } from '../../entry/meetingSeat'
import { Loaded } from '../ui/Loaded'
import { PersonAvatar } from '../ui/PersonAvatar'
import { Section } from '../ui/Section'
import { tell } from '../ui/tell'
import classes from './HomeMeetings.module.css'
import { InstantDialog } from './InstantDialog'
import { useJoin } from './join'
import { MeetingList } from './MeetingList'
import { spaced, wantedIn } from './number'
import { directoryQuery, recentQuery, roomQuery, agendaQuery } from './queries'
import type { Known } from './types'
import { useTimes } from './useTimes'

const DAYS = 7

/** What of the meetings is on the start page: what comes, and the ways into a meeting. */
export default function HomeMeetings() {
  const { t } = useTranslation('meetings')
  const [instant, setInstant] = useState(false)
  return (
    <Stack gap="lg">
      <Group gap="xs">
        <StartMine />
        <Button variant="default" leftSection={<IconBolt size={18} aria-hidden />} onClick={() => setInstant(true)}>
          {t('instant.open')}
        </Button>
        <Button variant="default" component={Link} href="/meetings/new" leftSection={<IconCalendarPlus size={18} aria-hidden />}>
          {t('schedule.open')}
        </Button>
      </Group>
      <Section title={t('home.agenda')}>
        <Agenda />
      </Section>
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <Section title={t('home.number')}>
          <ByNumber />
        </Section>
        <Section title={t('home.directory')}>
          <Directory />
        </Section>
      </SimpleGrid>
      <Recent />
      <InstantDialog opened={instant} onClose={() => setInstant(false)} />
    </Stack>
  )
}

/** Opens one's own room, which is made when it is first asked for. */
function StartMine() {
  const { t } = useTranslation('meetings')
  const app = useTranslation('app').t
  const room = useQuery(roomQuery).data
  const start = useMutation({
    mutationFn: async () => {
      const { id } = room ?? (await call(() => api.GET('/api/v1/me/room')))
      const ticket = await call(() => api.POST('/api/v1/meetings/{id}/join', { params: { path: { id } } }))
      goToDoor(seatOf(ticket, { path: `/api/v1/meetings/${encodeURIComponent(id)}/join` }, true))
    },
    onError: (error) => tell(problemText(app, error)),
  })
  return (
    <Button leftSection={<IconDoorEnter size={18} aria-hidden />} loading={start.isPending} onClick={() => start.mutate()} data-testid="start-mine">
      {t('room.start')}
    </Button>
  )
}

function Agenda() {
  const { t } = useTranslation('meetings')
  const app = useTranslation('app').t
  const [, go] = useLocation()
  const query = useQuery(agendaQuery(DAYS))
  return (
    <Loaded query={query}>
      {({ items, errors }) => (
        <>
          {errors.length > 0 && (
            <Text size="sm" c="dimmed" role="status" data-testid="calendar-faults">
              {t('home.calendarFault', { names: errors.map(({ name }) => name).join(', ') })}{' '}
              <Anchor component={Link} href="/settings" inherit>
                {app('section.preferences')}
              </Anchor>
            </Text>
          )}
          {items.length === 0 ? (
            <Text c="dimmed">{t('home.nothing')}</Text>
          ) : (
            <MeetingList
              meetings={items.flatMap(({ meeting }) => meeting ?? [])}
              entries={items.flatMap(({ external }) => external ?? [])}
              onChoose={(id, at) => go(`/meetings?${new URLSearchParams({ id, ...(at && { at }) }).toString()}`)}
            />
          )}
        </>
      )}
    </Loaded>
  )
}

function ByNumber() {
  const { t } = useTranslation('meetings')
  const [, go] = useLocation()
  const [text, setText] = useState('')
  const [bad, setBad] = useState(false)
  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    const wanted = wantedIn(text)
    if (wanted) go(`/m/${wanted.number}${wanted.guest ? `#${wanted.guest}` : ''}`)
    else setBad(true)
  }
  return (
    <form onSubmit={submit} noValidate>
      <Group gap="xs" align="flex-start" wrap="nowrap">
        <TextInput
          flex={1}
          aria-label={t('enter.number')}
          placeholder={t('enter.number')}
          autoComplete="off"
          value={text}
          error={bad ? t('enter.badNumber') : undefined}
          onChange={({ currentTarget }) => {
            setText(currentTarget.value)
            setBad(false)
          }}
          data-testid="number"
        />
        <Button type="submit" variant="light" data-testid="by-number">
          {t('join.join')}
        </Button>
      </Group>
    </form>
  )
}

function Directory() {
  const { t } = useTranslation('meetings')
  const [search, setSearch] = useState('')
  const [settled] = useDebouncedValue(search.trim(), 250)
  const query = useQuery({ ...directoryQuery(settled), placeholderData: keepPreviousData })
  return (
    <Stack gap="xs">
      <TextInput
        type="search"
        maxLength={100}
        leftSection={<IconSearch size={18} aria-hidden />}
        aria-label={t('home.search')}
        placeholder={t('home.search')}
        value={search}
        onChange={({ currentTarget }) => setSearch(currentTarget.value)}
        data-testid="directory"
      />
      {settled && <Loaded query={query}>{({ items }) => (items.length === 0 ? <Text c="dimmed">{t('pick.none')}</Text> : <Rooms rooms={items} />)}</Loaded>}
    </Stack>
  )
}

function Recent() {
  const { t } = useTranslation('meetings')
  const items = useQuery(recentQuery).data?.items ?? []
  if (items.length === 0) return null
  return (
    <Section title={t('home.recent')}>
      <Rooms rooms={items.slice(0, 6)} />
    </Section>
  )
}

function Rooms({ rooms }: { rooms: readonly Known[] }) {
  const { t } = useTranslation('meetings')
  const times = useTimes()
  const { join, joining } = useJoin()
  return (
    <ul className={classes.rooms}>
      {rooms.map(({ meeting, number, kind, subject, host, joined }) => {
        const name = kind === 'personal' ? t('home.roomOf', { name: host.name }) : subject
        return (
          <li key={meeting} className={classes.room} data-testid="room">
            <PersonAvatar person={{ ...host, email: host.email ?? '' }} size={34} />
            <span className={classes.name}>
              {name}
              <span className={classes.about}>{joined ? times.own.moment(new Date(joined)) : spaced(number)}</span>
            </span>
            <Button size="xs" variant="light" loading={joining === meeting} onClick={() => join(meeting)} aria-label={t('join.named', { subject: name })}>
              {t('join.join')}
            </Button>
          </li>
        )
      })}
    </ul>
  )
}
