/** The days of a week by their names in RFC 5545, Monday first. */
export const WEEKDAYS = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'] as const

export type Weekday = (typeof WEEKDAYS)[number]

export type Frequency = 'daily' | 'weekly' | 'monthly'

/** How a meeting repeats, as far as the form can say it. */
export interface Recurrence {
  frequency: Frequency
  interval: number
  /** Of weeks: never empty then. */
  days: Weekday[]
  /** Of months: on the same day of the month, or on the same weekday of it. */
  monthly: 'day' | 'weekday'
  end: 'never' | 'until' | 'count'
  /** yyyy-mm-dd, the last day on which it can be. */
  until: string
  count: number
}

export const MOST_TIMES = 730

/** How a meeting on a day (yyyy-mm-dd) is likely to repeat. */
export function likelyRecurrence(date: string): Recurrence {
  return { frequency: 'weekly', interval: 1, days: [weekdayOf(date)], monthly: 'day', end: 'never', until: '', count: 10 }
}

export function weekdayOf(date: string): Weekday {
  return WEEKDAYS[(new Date(`${date}T12:00:00Z`).getUTCDay() + 6) % 7] ?? 'MO'
}

/** Which of its weekday in the month a day is: 1 to 4, or -1 for the last. */
export function ordinalOf(date: string): number {
  const nth = Math.ceil(Number(date.slice(8, 10)) / 7)
  return nth > 4 ? -1 : nth
}

/** The RRULE of a series that begins on a day. */
export function toRule(r: Recurrence, date: string): string {
  const parts = [`FREQ=${r.frequency.toUpperCase()}`]
  if (r.interval > 1) parts.push(`INTERVAL=${r.interval}`)
  if (r.frequency === 'weekly') {
    const days = WEEKDAYS.filter((day) => r.days.includes(day))
    parts.push(`BYDAY=${(days.length > 0 ? days : [weekdayOf(date)]).join(',')}`)
  }
  if (r.frequency === 'monthly') {
    parts.push(r.monthly === 'day' ? `BYMONTHDAY=${Number(date.slice(8, 10))}` : `BYDAY=${ordinalOf(date)}${weekdayOf(date)}`)
  }
  if (r.end === 'count') parts.push(`COUNT=${r.count}`)
  if (r.end === 'until' && r.until) parts.push(`UNTIL=${r.until.replaceAll('-', '')}T235959`)
  return parts.join(';')
}

/** What an RRULE says, if the form can say it about a series that begins on a day. */
export function fromRule(rule: string, date: string): Recurrence | undefined {
  const parts = partsOf(rule)
  const frequency = parts.get('FREQ')?.toLowerCase()
  if (frequency !== 'daily' && frequency !== 'weekly' && frequency !== 'monthly') return undefined
  const r: Recurrence = { ...likelyRecurrence(date), frequency }
  for (const [key, value] of parts) {
    if (key === 'INTERVAL') r.interval = Number(value)
    else if (key === 'COUNT') Object.assign(r, { end: 'count', count: Number(value) })
    else if (key === 'UNTIL') Object.assign(r, { end: 'until', until: dayIn(value) })
    else if (key === 'BYDAY' && frequency === 'weekly') {
      const days = WEEKDAYS.filter((day) => value.split(',').includes(day))
      if (days.length !== value.split(',').length) return undefined
      r.days = days
    } else if (key === 'BYDAY' && frequency === 'monthly' && value === `${ordinalOf(date)}${weekdayOf(date)}`) r.monthly = 'weekday'
    else if (key === 'BYMONTHDAY' && frequency === 'monthly' && value === String(Number(date.slice(8, 10)))) r.monthly = 'day'
    else if (key !== 'FREQ' && key !== 'WKST') return undefined
  }
  return Number.isInteger(r.interval) && Number.isInteger(r.count) ? r : undefined
}

function partsOf(rule: string): Map<string, string> {
  const fields = rule.toUpperCase().replace(/^RRULE:/, '').split(';')
  return new Map(fields.map((field) => field.split('=')).map(([key = '', value = '']) => [key, value]))
}

/** The day of 20270331T235959, with or without the time. */
function dayIn(until: string): string {
  return until.replace(/^(\d{4})(\d\d)(\d\d).*$/, '$1-$2-$3')
}

/** The words that a language puts together to say how a meeting repeats. */
export interface Words {
  language: string
  every: (frequency: Frequency, interval: number) => string
  on: (rhythm: string, days: string) => string
  /** `nth` is 1 to 4, or -1 for the last. */
  onNth: (rhythm: string, nth: number, day: string) => string
  onDay: (rhythm: string, day: number) => string
  until: (text: string, day: string) => string
  times: (text: string, count: number) => string
  other: () => string
}

/** Says in words how a series repeats that begins on a day. */
export function ruleInWords(rule: string, date: string, words: Words): string {
  const r = fromRule(rule, date)
  if (!r) return words.other()
  const rhythm = words.every(r.frequency, r.interval)
  let text = rhythm
  if (r.frequency === 'weekly') text = words.on(rhythm, new Intl.ListFormat(words.language).format(r.days.map((day) => dayName(words.language, day))))
  if (r.frequency === 'monthly' && r.monthly === 'day') text = words.onDay(rhythm, Number(date.slice(8, 10)))
  if (r.frequency === 'monthly' && r.monthly === 'weekday') text = words.onNth(rhythm, ordinalOf(date), dayName(words.language, weekdayOf(date)))
  if (r.end === 'count') return words.times(text, r.count)
  if (r.end === 'until') {
    const day = new Intl.DateTimeFormat(words.language, { dateStyle: 'medium', timeZone: 'UTC' }).format(new Date(`${r.until}T12:00:00Z`))
    return words.until(text, day)
  }
  return text
}

export function dayName(language: string, day: Weekday, weekday: 'long' | 'short' = 'long'): string {
  // 5 January 2026 was a Monday.
  const at = new Date(Date.UTC(2026, 0, 5 + WEEKDAYS.indexOf(day), 12))
  return new Intl.DateTimeFormat(language, { weekday, timeZone: 'UTC' }).format(at)
}
