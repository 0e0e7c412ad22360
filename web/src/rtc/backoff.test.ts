import { expect, it } from 'vitest'
import { backoff } from './backoff'

it('begins at once, doubles, and has an end', () => {
  const waits = [0, 1, 2, 3, 4, 5, 6, 7].map((attempt) => backoff(attempt, () => 0.5))
  expect(waits).toEqual([0, 250, 500, 1_000, 2_000, 4_000, 4_000, 4_000])
})

it('is spread over time', () => {
  expect(backoff(3, () => 0)).toBe(750)
  expect(backoff(3, () => 1)).toBe(1_250)
})
