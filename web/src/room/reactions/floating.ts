import type { Emoji, Reaction } from '../../rtc'
import { isKnown } from './names'

/** One reaction on its way up. */
export interface Floating {
  id: number
  emoji: Emoji
  name: string
  /** Which of the lanes it rises in, so that those that come together are beside each other. */
  lane: number
}

/** For so long a reaction is seen. */
export const SHOWN_FOR = 4_000
export const LANES = 6
/** More are not seen at a time: the oldest make way. */
const MOST = 24

/** Puts reactions of one message behind those that are on their way. */
export function float(before: readonly Floating[], news: readonly Reaction[], nameOf: (participant: string) => string, first: number): Floating[] {
  const known = news.filter(({ emoji }) => isKnown(emoji))
  const added = known.map(({ participant, emoji }, index) => ({ id: first + index, emoji, name: nameOf(participant), lane: (first + index) % LANES }))
  return [...before, ...added].slice(-MOST)
}
