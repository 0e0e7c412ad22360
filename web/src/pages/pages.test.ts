import { expect, it } from 'vitest'
import { greetingAt } from './home/greeting'
import { isTiff } from './profile/picture'
import { endOfDay, today } from './ui/days'

it('greets by the hour', () => {
  expect([4, 5, 11, 12, 17, 18, 23].map(greetingAt)).toEqual(['evening', 'morning', 'morning', 'day', 'day', 'evening', 'evening'])
})

it('knows TIFF by type or name', () => {
  expect(isTiff({ type: 'image/tiff', name: 'scan' })).toBe(true)
  expect(isTiff({ type: '', name: 'SCAN.TIF' })).toBe(true)
  expect(isTiff({ type: 'image/png', name: 'tiff.png' })).toBe(false)
})

it('ends a day where the user is', () => {
  expect(today(new Date(2026, 0, 5, 23, 30))).toBe('2026-01-05')
  expect(new Date(endOfDay('2026-01-05')).getHours()).toBe(23)
})
