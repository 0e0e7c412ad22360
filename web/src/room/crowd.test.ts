import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { Crowd } from './crowd'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

it('tells together who comes and goes at about the same time', () => {
  const tell = vi.fn()
  const crowd = new Crowd(tell)
  crowd.came('Ada')
  vi.advanceTimersByTime(500)
  crowd.came('Bob')
  crowd.went('Eve')
  vi.advanceTimersByTime(500)
  expect(tell.mock.calls).toEqual([[['Ada', 'Bob'], ['Eve']]])
  crowd.came('Zoe')
  crowd.stop()
  vi.advanceTimersByTime(5_000)
  expect(tell).toHaveBeenCalledTimes(1)
})
