/** A piece of a text: a link if it has an address. */
export interface Piece {
  text: string
  href?: string
}

const ADDRESS = /https?:\/\/[^\s<>"]+/gi
/** What follows an address in a sentence rather than belongs to it. */
const AFTER = /[.,;:!?'…)\]}»”。、」]+$/

/** Finds the web addresses in a text. Others, such as javascript:, stay text. */
export function withLinks(text: string): Piece[] {
  const pieces: Piece[] = []
  let end = 0
  for (const match of text.matchAll(ADDRESS)) {
    const address = balanced(match[0])
    if (!URL.canParse(address)) continue
    if (match.index > end) pieces.push({ text: text.slice(end, match.index) })
    pieces.push({ text: address, href: address })
    end = match.index + address.length
  }
  if (end < text.length) pieces.push({ text: text.slice(end) })
  return pieces
}

/** An address without what follows it, but with a bracket that it has opened itself. */
function balanced(found: string): string {
  const bare = found.replace(AFTER, '')
  return found[bare.length] === ')' && bare.includes('(') && !bare.includes(')') ? `${bare})` : bare
}
