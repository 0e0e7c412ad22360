import { expect, it } from 'vitest'
import { follows } from './follows'

const said = (identity: string, name: string, minute: number) => ({ identity, name, at: new Date(minute * 60_000).toISOString() })

it.each([
  ['the first', undefined, said('a', 'Ann', 0), false],
  ['the same, soon after', said('a', 'Ann', 0), said('a', 'Ann', 4), true],
  ['the same, later', said('a', 'Ann', 0), said('a', 'Ann', 5), false],
  ['another of the same name', said('a', 'Ann', 0), said('b', 'Ann', 1), false],
  ['the same under another name', said('a', 'Ann', 0), said('a', 'Anna', 1), false],
])('%s', (_, before, one, expected) => {
  expect(follows(before, one)).toBe(expected)
})
