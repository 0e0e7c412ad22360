import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { Demands } from './demands'
import type { Demand } from './messages'

const tile = (slot: string, width: number, height: number, id = 'ada'): Demand => ({
  slot,
  source: 'participant',
  id,
  width,
  height,
})

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

function make() {
  const told: Demand[][] = []
  return { told, demands: new Demands((news) => told.push(news)) }
}

it('tells together what appears together, at once', () => {
  const { told, demands } = make()
  demands.set(tile('1', 640, 352))
  demands.set(tile('2', 320, 176))
  vi.advanceTimersByTime(0)
  expect(told).toEqual([[tile('1', 640, 352), tile('2', 320, 176)]])
})

it('waits for a size to settle', () => {
  const { told, demands } = make()
  demands.set(tile('1', 640, 352))
  vi.advanceTimersByTime(0)
  for (let width = 656; width <= 960; width += 16) {
    demands.set(tile('1', width, 352))
    vi.advanceTimersByTime(5)
  }
  vi.advanceTimersByTime(200)
  expect(told).toHaveLength(2)
  expect(told[1]?.[0]?.width).toBe(960)
})

it('tells at once that a tile is hidden, even while a size settles', () => {
  const { told, demands } = make()
  demands.set(tile('1', 640, 352))
  demands.set(tile('2', 640, 352))
  vi.advanceTimersByTime(0)
  demands.set(tile('1', 960, 544))
  demands.set(tile('2', 0, 0))
  vi.advanceTimersByTime(0)
  expect(told[1]?.map((d) => d.width)).toEqual([960, 0])
})

it('is silent about what does not matter', () => {
  const { told, demands } = make()
  demands.set(tile('1', 640, 352))
  vi.advanceTimersByTime(0)
  demands.set(tile('1', 636, 350))
  demands.set(tile('1', 640, 352))
  vi.advanceTimersByTime(1_000)
  expect(told).toHaveLength(1)
})

it('tells everything again to a server that does not know it', () => {
  const { told, demands } = make()
  demands.set(tile('1', 640, 352))
  vi.advanceTimersByTime(0)
  demands.forgetTold()
  vi.advanceTimersByTime(0)
  expect(told).toHaveLength(2)
  demands.clear()
  demands.forgetTold()
  vi.advanceTimersByTime(1_000)
  expect(told).toHaveLength(2)
})

it('keeps what is wanted of new slots until they are offered', () => {
  const { told, demands } = make()
  demands.clear()
  demands.set(tile('1', 640, 352))
  vi.advanceTimersByTime(1_000)
  expect(told).toEqual([])
  demands.flush()
  expect(told).toEqual([[tile('1', 640, 352)]])
  demands.set(tile('2', 640, 352))
  vi.advanceTimersByTime(0)
  expect(told).toHaveLength(2)
})
