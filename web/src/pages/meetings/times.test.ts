import { describe, expect, it } from 'vitest'
import { clockFor, durationText, instantOf, likelyStart, sameClocks, wallClock, zoneLabel, zones } from './times'

const brussels = 'Europe/Brussels'

describe('a meeting at nine in Brussels', () => {
  it.each([
    ['2026-03-28T09:00', '2026-03-28T08:00:00.000Z'], // winter
    ['2026-03-29T09:00', '2026-03-29T07:00:00.000Z'], // the day on which clocks go forward
    ['2026-10-24T09:00', '2026-10-24T07:00:00.000Z'], // summer
    ['2026-10-25T09:00', '2026-10-25T08:00:00.000Z'], // the day on which they go back
  ])('on %s is at %s', (local, instant) => {
    expect(instantOf(local, brussels).toISOString()).toBe(instant)
    expect(wallClock(new Date(instant), brussels)).toBe(local)
  })

  it('is at another time of the day in New York between the two changes of clocks', () => {
    const inNewYork = (local: string) => wallClock(instantOf(local, brussels), 'America/New_York').slice(11)
    expect([inNewYork('2026-03-06T09:00'), inNewYork('2026-03-13T09:00'), inNewYork('2026-04-03T09:00')]).toEqual(['03:00', '04:00', '03:00'])
  })
})

it('takes times that clocks leave out, or show twice', () => {
  expect(instantOf('2026-03-29T02:30', brussels).toISOString()).toBe('2026-03-29T01:30:00.000Z')
  expect(instantOf('2026-10-25T02:30', brussels).toISOString()).toBe('2026-10-25T00:30:00.000Z')
})

it('tells whether clocks agree', () => {
  const winter = new Date('2026-01-15T12:00:00Z')
  const summer = new Date('2026-07-15T12:00:00Z')
  expect(sameClocks(winter, brussels, 'Europe/Amsterdam')).toBe(true)
  expect(sameClocks(winter, 'Europe/London', 'Africa/Abidjan')).toBe(true)
  expect(sameClocks(summer, 'Europe/London', 'Africa/Abidjan')).toBe(false)
})

it('shows times in the zone that is asked for', () => {
  const tokyo = clockFor('en-GB', 'Asia/Tokyo')
  const at = new Date('2026-03-28T20:00:00Z')
  expect(tokyo.time(at)).toBe('05:00')
  expect(tokyo.dayKey(at)).toBe('2026-03-29')
  expect(clockFor('en-GB', brussels).dayKey(at)).toBe('2026-03-28')
  expect(tokyo.range(at, new Date('2026-03-28T20:45:00Z')).replace(/\s/g, '')).toBe('05:00–05:45')
})

it('names zones with their distance from UTC at that time of the year', () => {
  expect(zoneLabel('en', 'America/New_York', new Date('2026-01-15T12:00:00Z'))).toBe('America/New York (GMT-5)')
  expect(zoneLabel('en', 'America/New_York', new Date('2026-07-15T12:00:00Z'))).toBe('America/New York (GMT-4)')
})

it('offers the next half hour', () => {
  expect(likelyStart(new Date('2026-01-15T22:56:00Z'), brussels)).toEqual({ date: '2026-01-16', time: '00:30' })
  expect(likelyStart(new Date('2026-01-15T08:10:00Z'), brussels)).toEqual({ date: '2026-01-15', time: '09:30' })
})

it('writes durations', () => {
  expect([45, 60, 90, 0].map((minutes) => durationText('en', minutes))).toEqual(['45 min', '1 hr', '1 hr 30 min', '0 min'])
})

it('knows zones, with one that the browser does not list', () => {
  expect(zones('Etc/GMT+4')).toEqual(expect.arrayContaining(['Europe/Brussels', 'UTC', 'Etc/GMT+4']))
})
