import { isHost } from './metadata'
import type { Present } from './people'

/** Who stays as host when oneself leaves, and who could be made one: users in the room. */
export function successors(present: readonly Present[]): { hosts: Present[]; candidates: Present[] } {
  const others = present.filter(({ self }) => !self)
  const hosts = others.filter(({ role, user }) => user !== undefined && role !== undefined && isHost({ role, muted: false }))
  const candidates = others.filter(({ role, user }) => user !== undefined && role === 'participant')
  return { hosts, candidates }
}
