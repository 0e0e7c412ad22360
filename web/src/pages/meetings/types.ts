import type { components } from '../../api/schema'

type Schemas = components['schemas']
export type Meeting = Schemas['Meeting']
export type Summary = Schemas['MeetingSummary']
export type Details = Schemas['MeetingDetails']
export type Occurrence = Schemas['MeetingOccurrence']
export type Person = Schemas['MeetingPerson']
export type Guest = Schemas['MeetingGuest']
export type NewGuest = Schemas['MeetingNewGuest']
export type Known = Schemas['MeetingKnown']
export type Attendance = Schemas['MeetingAttendance']
export type Instance = Schemas['MeetingInstance']
export type Entry = Schemas['CalendarEntry']
export type Card = Schemas['MeetingCard']

export type When = 'scheduled' | 'previous'

/** How far a meeting has come. The server says it as a text. */
export const STATUSES = ['not_started', 'in_progress', 'ended', 'cancelled'] as const
export type Status = (typeof STATUSES)[number]

export const KINDS = ['instant', 'scheduled', 'personal'] as const
export type Kind = (typeof KINDS)[number]

export const statusOf = ({ status }: { status: string }): Status => STATUSES.find((s) => s === status) ?? 'not_started'
export const kindOf = ({ kind }: { kind: string }): Kind => KINDS.find((k) => k === kind) ?? 'scheduled'
