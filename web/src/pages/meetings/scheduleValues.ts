import type { components } from '../../api/schema'
import type { Picked } from './picked'
import { type Recurrence, fromRule, toRule } from './recurrence'
import { likelyStart } from './times'
import type { Meeting, NewGuest } from './types'

type Settings = Pick<components['schemas']['Settings'], 'public_by_default' | 'lobby' | 'mute_on_entry'>

/** What the form for a meeting holds. */
export interface Values {
  subject: string
  description: string
  date: string
  time: string
  duration: number
  zone: string
  public: boolean
  lobby: boolean
  mute: boolean
  recurrence: Recurrence | undefined
  /** A rule that the form cannot say; it stays unless another one is chosen. */
  otherRule: string
  people: Picked[]
  guests: NewGuest[]
}

/** What a new meeting begins with. */
export function newValues(now: Date, zone: string, settings: Settings | undefined): Values {
  return {
    subject: '',
    description: '',
    ...likelyStart(now, zone),
    duration: 60,
    zone,
    public: settings?.public_by_default ?? false,
    lobby: settings?.lobby ?? false,
    mute: settings?.mute_on_entry ?? false,
    recurrence: undefined,
    otherRule: '',
    people: [],
    guests: [],
  }
}

/** What a meeting is like, or one of its series if its key is given. */
export function valuesOf(m: Meeting, occurrence?: string): Values {
  const exception = m.exceptions?.find(({ original }) => original === occurrence)
  const start = exception?.start ?? occurrence ?? m.start_local ?? ''
  const [date = '', time = ''] = start.split('T')
  const recurrence = m.recurrence ? fromRule(m.recurrence, (m.start_local ?? start).slice(0, 10)) : undefined
  return {
    subject: exception?.subject ?? m.subject,
    description: exception?.description ?? m.description,
    date,
    time,
    duration: exception?.duration ?? m.duration ?? 60,
    zone: m.zone ?? '',
    public: m.public,
    lobby: m.lobby,
    mute: m.mute_on_entry,
    recurrence,
    otherRule: recurrence ? '' : (m.recurrence ?? ''),
    people: [...m.co_organisers.map((p) => ({ ...p, coOrganiser: true })), ...m.participants.map((p) => ({ ...p, coOrganiser: false }))],
    guests: m.guests.map(({ email = '', name, language }) => ({ email, ...(name && { name }), ...(language && { language }) })),
  }
}

/** What is told to the server: the whole meeting. */
export function requestOf(v: Values) {
  return {
    subject: v.subject.trim(),
    description: v.description.trim(),
    start_local: `${v.date}T${v.time}`,
    zone: v.zone,
    duration: v.duration,
    public: v.public,
    lobby: v.lobby,
    mute_on_entry: v.mute,
    recurrence: v.recurrence ? toRule(v.recurrence, v.date) : v.otherRule,
    co_organisers: v.people.filter((p) => p.coOrganiser).map(({ id }) => id),
    participants: v.people.filter((p) => !p.coOrganiser).map(({ id }) => id),
    guests: v.guests,
  }
}

/** The part of it that one of a series can have of its own. */
export function occurrenceOf(v: Values) {
  const { subject, description, start_local, duration } = requestOf(v)
  return { subject, description, start_local, duration }
}
