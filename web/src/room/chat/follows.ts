/** Who said something, and when. */
interface Said {
  /** Of the speaker; names are not one's own. */
  identity: string
  name: string
  at: string
}

/** Messages of one person within so long stand under one name. */
const TOGETHER = 5 * 60_000

/** One message stands under the name of the one before. */
export function follows(before: Said | undefined, { identity, name, at }: Said): boolean {
  return before?.identity === identity && before.name === name && Date.parse(at) - Date.parse(before.at) < TOGETHER
}
