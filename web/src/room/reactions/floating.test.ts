import { expect, it } from 'vitest'
import { REACTIONS, type Reaction } from '../../rtc'
import { type Floating, LANES, float } from './floating'
import { EMOJI_NAMES } from './names'

const clap = (participant: string): Reaction => ({ participant, emoji: '👏' })
const upper = (id: string) => id.toUpperCase()

it('says whose they are and keeps them apart', () => {
  const shown = float([], [clap('ada'), clap('bob'), { participant: 'ada', emoji: '❤️' }], upper, 4)
  expect(shown).toEqual([
    { id: 4, emoji: '👏', name: 'ADA', lane: 4 },
    { id: 5, emoji: '👏', name: 'BOB', lane: 5 },
    { id: 6, emoji: '❤️', name: 'ADA', lane: 6 % LANES },
  ])
})

it('leaves out what it does not know', () => {
  expect(float([], [{ participant: 'ada', emoji: 'toString' } as unknown as Reaction], upper, 0)).toEqual([])
})

it('keeps the newest of a storm', () => {
  let shown: Floating[] = []
  for (let i = 0; i < 100; i++) shown = float(shown, [clap(String(i))], upper, i)
  expect(shown).toHaveLength(24)
  expect(shown.at(-1)?.name).toBe('99')
})

it('has words for every reaction', () => {
  expect(Object.keys(EMOJI_NAMES).sort()).toEqual([...REACTIONS].sort())
})
