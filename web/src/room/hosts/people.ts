import type { components } from '../../api/schema'
import { type Hand, type Participant, raisedHands } from '../../rtc'
import { type MeetingRole, ROLES, readMetadata } from './metadata'

export type Presence = components['schemas']['MeetingPresence']
export type Knock = components['schemas']['MeetingKnock']

/** Somebody in the room, as the panel shows it. */
export interface Present {
  id: string
  identity: string
  name: string
  role: MeetingRole | undefined
  user: string | undefined
  avatar: string | undefined
  /** The microphone is off, or there is none. */
  silent: boolean
  hasMicrophone: boolean
  self: boolean
  hand: Hand | undefined
}

export function presentOf(participant: Participant, self: boolean): Present {
  const { id, identity, name, metadata, publications, hand } = participant
  const { role, user, avatar } = readMetadata(metadata)
  const microphones = publications.filter((p) => p.source === 'microphone')
  return { id, identity, name, role, user, avatar, silent: !microphones.some((p) => !p.muted), hasMicrophone: microphones.length > 0, self, hand }
}

/** Those in the room: raised hands in their order, then oneself, hosts, and the others by when they came. */
export function inRoom(self: Participant | undefined, others: readonly Participant[]): Present[] {
  const rank = ({ role }: Present) => (role ? ROLES.indexOf(role) : ROLES.length)
  const queue = raisedHands({ self, others }).map(({ participant }) => presentOf(participant, participant === self))
  const rest = others.filter(({ hand }) => !hand).map((p) => presentOf(p, false)).toSorted((a, b) => rank(a) - rank(b))
  return [...queue, ...(self && !self.hand ? [presentOf(self, true)] : []), ...rest]
}

/** Those who are expected and not there, or were removed. Who is in the room is known better by the room itself. */
export function absent(people: readonly Presence[], present: readonly Present[]): Presence[] {
  const there = new Set(present.map(({ identity }) => identity))
  return people.filter(({ identity, state }) => !there.has(identity) && state !== 'waiting')
}
