import { expect, it } from 'vitest'
import { gridSize } from './gridSize'

it.each([
  [1, 1280, 720, 1],
  [4, 1280, 720, 2],
  [5, 1280, 680, 3],
  [9, 1280, 680, 3],
  [2, 390, 700, 1],
  [5, 390, 740, 2],
])('lays %d tiles in %d by %d into %d columns', (count, width, height, columns) => {
  expect(gridSize(count, width, height, 10).columns).toBe(columns)
})

it('never overflows', () => {
  for (let count = 1; count < 30; count++) {
    for (const [width, height] of [[1280, 680], [390, 740], [800, 300], [0, 0]] as const) {
      const size = gridSize(count, width, height, 10)
      const rows = Math.ceil(count / size.columns)
      expect(size.width * size.columns).toBeLessThanOrEqual(width)
      expect(size.height * rows).toBeLessThanOrEqual(height)
    }
  }
})
