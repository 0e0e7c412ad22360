import type { Emoji } from '../../rtc'

/** The text that says what an emoji means. */
export const EMOJI_NAMES = {
  '👍': 'reactions.yes',
  '👎': 'reactions.no',
  '👏': 'reactions.applause',
  '❤️': 'reactions.love',
  '😂': 'reactions.laugh',
  '😮': 'reactions.surprise',
  '😢': 'reactions.sad',
  '🤔': 'reactions.thinking',
  '🎉': 'reactions.party',
  '🙏': 'reactions.thanks',
} as const satisfies Record<Emoji, string>

/** What another server's version may send is shown only if it is known here. */
export function isKnown(emoji: string): emoji is Emoji {
  return Object.hasOwn(EMOJI_NAMES, emoji)
}
