import { Badge, Button, Text, Title, UnstyledButton } from '@mantine/core'
import { IconExternalLink, IconRepeat } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { useMe } from '../../api/queries'
import { useJoin } from './join'
import classes from './MeetingList.module.css'
import { type Entry, type Summary, statusOf } from './types'
import { useTimes } from './useTimes'

interface Props {
  meetings: readonly Summary[]
  /** What is in other calendars. */
  entries?: readonly Entry[]
  onChoose: (id: string, occurrence: string | undefined) => void
}

/** Meetings by the days on which they are or were, where the user is. */
export function MeetingList({ meetings, entries = [], onChoose }: Props) {
  const times = useTimes()
  const { join, joining } = useJoin()
  const now = new Date()
  return (
    <div className={classes.days}>
      {byDay(inOrder(meetings, entries), times.own.dayKey).map(({ key, at, items }) => (
        <section key={key} aria-labelledby={`day-${key}`}>
          <Title order={2} size="h6" c="dimmed" mb={6} id={`day-${key}`}>
            {times.day(at, now)}
          </Title>
          <ul className={classes.list}>
            {items.map(({ meeting, entry }) =>
              meeting ? (
                <Row key={`${meeting.id} ${meeting.occurrence?.original ?? meeting.instance?.id ?? ''}`} meeting={meeting} joining={joining === meeting.id} onChoose={onChoose} onJoin={join} />
              ) : (
                entry && <OtherRow key={`${entry.calendar} ${entry.uid} ${entry.start}`} entry={entry} />
              ),
            )}
          </ul>
        </section>
      ))}
    </div>
  )
}

interface RowProps {
  meeting: Summary
  joining: boolean
  onChoose: Props['onChoose']
  onJoin: (id: string) => void
}

function Row({ meeting, joining, onChoose, onJoin }: RowProps) {
  const { t } = useTranslation('meetings')
  const me = useMe()
  const times = useTimes()
  const { id, occurrence, instance, organiser, recurrence, zone } = meeting
  const [from, to] = spanOf(meeting)
  const there = occurrence && times.there(from, to ?? from, zone)
  const status = statusOf(meeting)
  const subject = occurrence?.subject ?? meeting.subject
  const own = organiser.id === me.id
  return (
    <li className={classes.row} data-testid="meeting">
      <UnstyledButton className={classes.open} onClick={() => onChoose(id, occurrence?.original)}>
        <span className={classes.time}>
          <time dateTime={from.toISOString()}>{to ? times.own.range(from, to) : times.own.time(from)}</time>
          {there && <span className={classes.there}>{there}</span>}
        </span>
        <span className={classes.what}>
          <Text component="span" fw={600} className={classes.subject} td={occurrence?.cancelled ? 'line-through' : undefined}>
            {subject}
          </Text>
          <span className={classes.about}>
            {own ? t('list.own') : organiser.name}
            {instance && ` · ${t('list.attendees', { count: instance.attendees })}`}
          </span>
        </span>
        <span className={classes.marks}>
          {recurrence && <IconRepeat size={16} className={classes.icon} aria-label={t('list.repeats')} role="img" />}
          {occurrence?.changed && (
            <Badge size="sm" variant="outline" component="span">
              {t('list.changed')}
            </Badge>
          )}
          {status !== 'not_started' && !instance && <StatusBadge status={status} />}
          {instance && !instance.ended && <StatusBadge status="in_progress" />}
        </span>
      </UnstyledButton>
      {(occurrence ?? (instance && !instance.ended)) && status !== 'cancelled' && (
        <Button size="xs" variant={status === 'in_progress' ? 'filled' : 'light'} loading={joining} onClick={() => onJoin(id)} aria-label={t('join.named', { subject })} data-testid="join-meeting">
          {own && status === 'not_started' ? t('join.start') : t('join.join')}
        </Button>
      )}
    </li>
  )
}

/** Something in another calendar. Its link leads to one of our meetings, or out of here. */
function OtherRow({ entry: { title, start, end, all_day: allDay, location, organiser, link, number } }: { entry: Entry }) {
  const { t } = useTranslation('meetings')
  const times = useTimes()
  const about = [location, organiser].filter(Boolean).join(' · ')
  return (
    <li className={classes.row} data-testid="entry">
      <div className={classes.open}>
        <span className={classes.time}>{allDay ? t('list.allDay') : <time dateTime={start}>{times.own.range(new Date(start), new Date(end))}</time>}</span>
        <span className={classes.what}>
          <Text component="span" fw={600} className={classes.subject}>
            {title}
          </Text>
          {about && <span className={classes.about}>{about}</span>}
        </span>
      </div>
      {number ? (
        <Button size="xs" variant="light" component={Link} href={`/m/${number}`} aria-label={t('join.named', { subject: title })}>
          {t('join.join')}
        </Button>
      ) : (
        isWebLink(link) && (
          <Button size="xs" variant="default" component="a" href={link} target="_blank" rel="noopener noreferrer" rightSection={<IconExternalLink size={14} aria-hidden />} aria-label={t('join.outside', { subject: title })}>
            {t('join.join')}
          </Button>
        )
      )}
    </li>
  )
}

/** What comes from calendars of others may be anything. */
function isWebLink(link: string | undefined): link is string {
  return link !== undefined && /^https?:\/\//.test(link)
}

export function StatusBadge({ status }: { status: ReturnType<typeof statusOf> }) {
  const { t } = useTranslation('meetings')
  const color = { not_started: 'gray', in_progress: 'green', ended: 'gray', cancelled: 'red' }[status]
  return (
    <Badge size="sm" color={color} variant={status === 'in_progress' ? 'filled' : 'outline'} autoContrast component="span">
      {t(`status.${status}`)}
    </Badge>
  )
}

/** When it is, or was; undefined end: it runs. */
function spanOf({ occurrence, instance }: Summary): [from: Date, to: Date | undefined] {
  if (occurrence) return [new Date(occurrence.start), new Date(occurrence.end)]
  return [new Date(instance?.started ?? 0), instance?.ended ? new Date(instance.ended) : undefined]
}

interface Item {
  at: Date
  meeting?: Summary
  entry?: Entry
}

/** Meetings as they are, for they have an order; those of other calendars where they belong. */
export function inOrder(meetings: readonly Summary[], entries: readonly Entry[]): Item[] {
  const own = meetings.map((meeting): Item => ({ at: spanOf(meeting)[0], meeting }))
  if (entries.length === 0) return own
  const others = entries.map((entry): Item => ({ at: new Date(entry.start), entry }))
  return [...own, ...others].sort((a, b) => a.at.getTime() - b.at.getTime())
}

function byDay(items: readonly Item[], keyOf: (at: Date) => string) {
  const days: { key: string; at: Date; items: Item[] }[] = []
  for (const item of items) {
    const key = keyOf(item.at)
    const last = days.at(-1)
    if (last?.key === key) last.items.push(item)
    else days.push({ key, at: item.at, items: [item] })
  }
  return days
}
