import { describe, expect, it } from 'vitest'
import { type Recurrence, type Words, fromRule, likelyRecurrence, ordinalOf, ruleInWords, toRule, weekdayOf } from './recurrence'

const THURSDAY = '2026-11-26' // the last one of its month

const words: Words = {
  language: 'en',
  every: (frequency, interval) => `${interval} ${frequency}`,
  on: (rhythm, days) => `${rhythm} on ${days}`,
  onNth: (rhythm, nth, day) => `${rhythm} on ${day} number ${nth}`,
  onDay: (rhythm, day) => `${rhythm} on day ${day}`,
  until: (text, day) => `${text} until ${day}`,
  times: (text, count) => `${text}, ${count} times`,
  other: () => 'by a rule',
}

it('knows the days', () => {
  expect(weekdayOf(THURSDAY)).toBe('TH')
  expect(weekdayOf('2026-11-29')).toBe('SU')
  expect(['2026-11-05', '2026-11-26', '2026-10-29'].map(ordinalOf)).toEqual([1, 4, -1])
})

describe('a rule', () => {
  const cases: [string, Partial<Recurrence>, string][] = [
    ['FREQ=DAILY', { frequency: 'daily' }, '1 daily'],
    ['FREQ=DAILY;INTERVAL=3;COUNT=5', { frequency: 'daily', interval: 3, end: 'count', count: 5 }, '3 daily, 5 times'],
    ['FREQ=WEEKLY;BYDAY=TH', {}, '1 weekly on Thursday'],
    ['FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH;UNTIL=20270331T235959', { interval: 2, days: ['MO', 'TH'], end: 'until', until: '2027-03-31' }, '2 weekly on Monday and Thursday until Mar 31, 2027'],
    ['FREQ=MONTHLY;BYMONTHDAY=26', { frequency: 'monthly' }, '1 monthly on day 26'],
    ['FREQ=MONTHLY;BYDAY=4TH', { frequency: 'monthly', monthly: 'weekday' }, '1 monthly on Thursday number 4'],
  ]
  it.each(cases)('%s is made, read and said', (rule, differs, said) => {
    const recurrence = { ...likelyRecurrence(THURSDAY), ...differs }
    expect(toRule(recurrence, THURSDAY)).toBe(rule)
    expect(fromRule(rule, THURSDAY)).toEqual(recurrence)
    expect(ruleInWords(rule, THURSDAY, words)).toBe(said)
  })

  it('has its days in order, and at least one', () => {
    expect(toRule({ ...likelyRecurrence(THURSDAY), days: ['FR', 'MO'] }, THURSDAY)).toBe('FREQ=WEEKLY;BYDAY=MO,FR')
    expect(toRule({ ...likelyRecurrence(THURSDAY), days: [] }, THURSDAY)).toBe('FREQ=WEEKLY;BYDAY=TH')
  })

  it('means the last weekday of the month where there may be no fifth', () => {
    expect(toRule({ ...likelyRecurrence('2026-10-29'), frequency: 'monthly', monthly: 'weekday' }, '2026-10-29')).toBe('FREQ=MONTHLY;BYDAY=-1TH')
  })

  it.each(['FREQ=YEARLY', 'FREQ=MONTHLY;BYDAY=2MO', 'FREQ=WEEKLY;BYDAY=MO;BYMONTH=1', 'FREQ=DAILY;BYDAY=MO', 'nonsense', 'FREQ=MONTHLY;BYMONTHDAY=-1'])('%s is more than the form can say', (rule) => {
    expect(fromRule(rule, THURSDAY)).toBeUndefined()
    expect(ruleInWords(rule, THURSDAY, words)).toBe('by a rule')
  })

  it('is read with the name of its property, and with the first day of the week', () => {
    expect(fromRule('RRULE:FREQ=WEEKLY;WKST=MO;BYDAY=TH', THURSDAY)).toEqual(likelyRecurrence(THURSDAY))
  })
})
