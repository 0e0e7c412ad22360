import type { Person } from './types'

/** Somebody who is picked for a meeting. */
export interface Picked extends Person {
  coOrganiser: boolean
}

/** With somebody more, as participant; whoever is there stays what it is. */
export function withPeople(picked: readonly Picked[], people: readonly Person[]): Picked[] {
  const known = new Set(picked.map(({ id }) => id))
  return [...picked, ...people.filter(({ id }) => !known.has(id)).map((person) => ({ ...person, coOrganiser: false }))]
}

export const without = (picked: readonly Picked[], id: string): Picked[] => picked.filter((p) => p.id !== id)

/** With somebody in a role, who may have been picked already. */
export function inRole(picked: readonly Picked[], person: Person, coOrganiser: boolean): Picked[] {
  return withPeople(picked, [person]).map((p) => (p.id === person.id ? { ...p, coOrganiser } : p))
}
