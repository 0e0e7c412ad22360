/** A meeting's number as people read it: in threes. */
export function spaced(number: string): string {
  return number.replace(/(\d{3})(?=\d)/g, '$1 ')
}

const ADDRESS = /\/m\/(\d{9})(?!\d)(?:#([\w.~-]+))?/

export interface Wanted {
  number: string
  /** The secret of a guest's personal link. */
  guest?: string
}

/** The meeting that somebody typed or pasted: nine digits, however they are spaced, or the address of one. */
export function wantedIn(text: string): Wanted | undefined {
  const [, inAddress, guest] = ADDRESS.exec(text) ?? []
  if (inAddress) return guest ? { number: inAddress, guest } : { number: inAddress }
  const digits = text.replace(/[\s\u00a0\u202f.–-]/g, '')
  return /^\d{9}$/.test(digits) ? { number: digits } : undefined
}
