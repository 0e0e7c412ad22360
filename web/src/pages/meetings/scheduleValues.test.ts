import { expect, it } from 'vitest'
import { likelyRecurrence } from './recurrence'
import { newValues, occurrenceOf, requestOf, valuesOf } from './scheduleValues'
import type { Meeting } from './types'

const series: Meeting = {
  id: '01M',
  tenant: 'default',
  number: '041988241',
  kind: 'scheduled',
  subject: 'Standup',
  description: 'Short',
  organiser: { id: 'ann', name: 'Ann' },
  co_organisers: [{ id: 'bob', name: 'Bob' }],
  participants: [{ id: 'carl', name: 'Carl' }],
  guests: [{ id: 'g', name: 'Gus', email: 'gus@example.com', language: 'fr' }],
  public: false,
  lobby: true,
  mute_on_entry: true,
  record: false,
  start_local: '2026-11-26T09:00',
  zone: 'Europe/Brussels',
  duration: 30,
  recurrence: 'FREQ=WEEKLY;BYDAY=TH',
  exceptions: [{ original: '2026-12-03T09:00', start: '2026-12-03T10:30', subject: 'Late standup' }],
  status: 'not_started',
  role: 'host',
  sequence: 0,
  created: '2026-11-01T00:00:00Z',
  version: 3,
}

it('gives back what it was given', () => {
  const { subject, description, start_local, zone, duration, recurrence } = series
  expect(requestOf(valuesOf(series))).toEqual({
    ...{ subject, description, start_local, zone, duration, recurrence },
    ...{ public: false, lobby: true, mute_on_entry: true, co_organisers: ['bob'], participants: ['carl'] },
    guests: [{ email: 'gus@example.com', name: 'Gus', language: 'fr' }],
  })
})

it('shows one of a series as it is', () => {
  expect(occurrenceOf(valuesOf(series, '2026-12-10T09:00'))).toEqual({ subject: 'Standup', description: 'Short', start_local: '2026-12-10T09:00', duration: 30 })
  expect(occurrenceOf(valuesOf(series, '2026-12-03T09:00'))).toEqual({ subject: 'Late standup', description: 'Short', start_local: '2026-12-03T10:30', duration: 30 })
})

it('keeps a rule that the form cannot say, until another one is chosen', () => {
  const values = valuesOf({ ...series, recurrence: 'FREQ=YEARLY' })
  expect(requestOf(values).recurrence).toBe('FREQ=YEARLY')
  expect(requestOf({ ...values, recurrence: likelyRecurrence('2026-11-26') }).recurrence).toBe('FREQ=WEEKLY;BYDAY=TH')
})

it('begins with what the organisation wants', () => {
  const values = newValues(new Date('2026-11-26T08:10:00Z'), 'UTC', { public_by_default: true, lobby: false, mute_on_entry: true })
  expect(requestOf({ ...values, subject: ' Plan ' })).toMatchObject({ subject: 'Plan', start_local: '2026-11-26T08:30', public: true, mute_on_entry: true, recurrence: '' })
})
