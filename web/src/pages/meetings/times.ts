/** A wall-clock time without a zone, as the server writes it: 2026-03-29T09:00. */
export type Local = string

/** The zone in which the user is. */
export function ownZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone
}

/** Every zone that the browser knows, with those that are given. */
export function zones(...more: string[]): string[] {
  return [...new Set([...Intl.supportedValuesOf('timeZone'), 'UTC', ...more.filter(Boolean)])].sort()
}

/** What clocks in a zone show at an instant. */
export function wallClock(instant: Date, zone: string): Local {
  const parts = Object.fromEntries(clockOf(zone).formatToParts(instant).map(({ type, value }) => [type, value]))
  return `${parts.year}-${parts.month}-${parts.day}T${parts.hour}:${parts.minute}`
}

const clocks = new Map<string, Intl.DateTimeFormat>()

function clockOf(zone: string): Intl.DateTimeFormat {
  let clock = clocks.get(zone)
  if (!clock) {
    const two = '2-digit'
    clock = new Intl.DateTimeFormat('en-CA', { timeZone: zone, hourCycle: 'h23', year: 'numeric', month: two, day: two, hour: two, minute: two })
    clocks.set(zone, clock)
  }
  return clock
}

/** The instant at which clocks in a zone show a time. What a change of clocks leaves out is as much later; what comes twice is the first. */
export function instantOf(local: Local, zone: string): Date {
  const asUtc = Date.parse(`${local}Z`)
  const offsetAt = (ms: number) => Date.parse(`${wallClock(new Date(ms), zone)}Z`) - Math.floor(ms / 60_000) * 60_000
  const day = 86_400_000
  const candidates = [offsetAt(asUtc - day), offsetAt(asUtc + day)].map((offset) => asUtc - offset)
  const exact = candidates.filter((ms) => wallClock(new Date(ms), zone) === local)
  return new Date(exact.length > 0 ? Math.min(...exact) : Math.max(...candidates))
}

/** Whether clocks of two zones show the same at an instant. */
export function sameClocks(instant: Date, a: string, b: string): boolean {
  return a === b || wallClock(instant, a) === wallClock(instant, b)
}

/** When somebody who plans now is likely to begin: at the next half hour that is not at once. */
export function likelyStart(now: Date, zone: string): { date: string; time: string } {
  const half = 1_800_000
  const [date = '', time = ''] = wallClock(new Date(Math.ceil((now.getTime() + 300_000) / half) * half), zone).split('T')
  return { date, time }
}

/** Times as a language writes them, in the zone in which they are shown. */
export interface Clock {
  zone: string
  time: (at: Date) => string
  range: (from: Date, to: Date) => string
  day: (at: Date) => string
  /** Day and time. */
  moment: (at: Date) => string
  /** A key by which days are told apart. */
  dayKey: (at: Date) => string
}

export function clockFor(language: string, zone: string): Clock {
  const time = new Intl.DateTimeFormat(language, { timeZone: zone, timeStyle: 'short' })
  const day = new Intl.DateTimeFormat(language, { timeZone: zone, weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' })
  const moment = new Intl.DateTimeFormat(language, { timeZone: zone, dateStyle: 'medium', timeStyle: 'short' })
  return {
    zone,
    time: (at) => time.format(at),
    range: (from, to) => time.formatRange(from, to),
    day: (at) => day.format(at),
    moment: (at) => moment.format(at),
    dayKey: (at) => wallClock(at, zone).slice(0, 10),
  }
}

/** A zone as people call it: its place, and how far it is from UTC at an instant. */
export function zoneLabel(language: string, zone: string, at: Date): string {
  const offset = new Intl.DateTimeFormat(language, { timeZone: zone, timeZoneName: 'shortOffset' }).formatToParts(at).find(({ type }) => type === 'timeZoneName')
  return offset ? `${zone.replaceAll('_', ' ')} (${offset.value})` : zone
}

/** Minutes as hours and minutes of a language. */
export function durationText(language: string, minutes: number): string {
  const part = (value: number, unit: 'hour' | 'minute') =>
    new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'short' }).format(value)
  const parts = [Math.floor(minutes / 60) > 0 && part(Math.floor(minutes / 60), 'hour'), (minutes % 60 > 0 || minutes < 60) && part(minutes % 60, 'minute')]
  return parts.filter((p) => p !== false).join(' ')
}
