/** The parts of an address that say what is to be shown. */
interface Address {
  pathname: string
  hash: string
}

const MEETING_FIELDS = ['code', 'room', 'token'] as const

/**
 * Whether an address is that of the meeting page: the root with an invitation in its fragment, or
 * `#token` for a pasted one. `seated`: this tab is in a meeting, or has a seat by token, and was reloaded.
 */
export function isMeetingPlace({ pathname, hash }: Address, seated: boolean): boolean {
  if (pathname !== '/') return false
  const fields = new URLSearchParams(hash.replace(/^#/, ''))
  return seated || MEETING_FIELDS.some((name) => fields.has(name))
}
