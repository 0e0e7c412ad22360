import { Emitter } from './emitter'
import type { Joined, Participant, Publication, Room, RoomState, ServerEvents, Speaker } from './messages'

/** The room as it is known, never changed in place: a new object for every change. */
export interface RosterView {
  self: Participant | undefined
  /** The others, in the order in which they came. */
  others: readonly Participant[]
  room: Room | undefined
  speakers: readonly Speaker[]
}

export interface RosterEvents {
  change: RosterView
  came: Participant
  went: { participant: Participant; reason: string }
  /** Another one raised its hand. */
  raised: Participant
}

/** Who is in the room and what they publish. */
export class Roster extends Emitter<RosterEvents> {
  #view: RosterView = { self: undefined, others: [], room: undefined, speakers: [] }

  get view(): RosterView {
    return this.#view
  }

  participant(id: string): Participant | undefined {
    if (this.#view.self?.id === id) return this.#view.self
    return this.#view.others.find((p) => p.id === id)
  }

  /** The publication of a number, and who publishes it. */
  byNumber(number: number): { publication: Publication; participant: Participant } | undefined {
    return this.#find((p) => p.number === number)
  }

  /** The publication of an id, and who publishes it. */
  byPublication(id: string): { publication: Publication; participant: Participant } | undefined {
    return this.#find((p) => p.id === id)
  }

  onJoined({ participant, room, participants, speakers }: Joined): void {
    this.#change({ self: participant, room, others: inOrder(participants), speakers })
  }

  onMoved({ participant, room, participants }: ServerEvents['moved']): void {
    this.#change({ self: participant, room, others: inOrder(participants), speakers: [] })
  }

  onParticipants({ joined, updated, left }: ServerEvents['participants']): void {
    const before = new Map(this.#view.others.map((p) => [p.id, p]))
    const others = new Map(before)
    let { self } = this.#view
    for (const participant of [...joined, ...updated]) {
      if (participant.id === self?.id) self = participant
      else others.set(participant.id, participant)
    }
    for (const { id } of left) others.delete(id)
    this.#change({ self, others: inOrder([...others.values()]) })
    for (const p of updated) if (p.hand && p.id !== self?.id && before.get(p.id)?.hand?.number !== p.hand.number) this.emit('raised', p)
    for (const p of joined) if (!before.has(p.id) && p.id !== self?.id) this.emit('came', p)
    for (const { id, reason } of left) {
      const participant = before.get(id)
      if (participant) this.emit('went', { participant, reason })
    }
  }

  onHandsLowered(): void {
    const { self, others } = this.#view
    this.#change({ self: self && withoutHand(self), others: others.map(withoutHand) })
  }

  onSpeakers({ speakers }: { speakers: Speaker[] }): void {
    this.#change({ speakers })
  }

  onState({ state }: { state: RoomState }): void {
    const { room } = this.#view
    if (room && state.version >= room.state.version) this.#change({ room: { ...room, state } })
  }

  #find(wanted: (publication: Publication) => boolean) {
    const { self, others } = this.#view
    for (const participant of self ? [...others, self] : others) {
      const publication = participant.publications.find(wanted)
      if (publication) return { publication, participant }
    }
    return undefined
  }

  #change(news: Partial<RosterView>): void {
    this.#view = { ...this.#view, ...news }
    this.emit('change', this.#view)
  }
}

function withoutHand(participant: Participant): Participant {
  if (!participant.hand) return participant
  const lowered = { ...participant }
  delete lowered.hand
  return lowered
}

function inOrder(participants: Participant[]): Participant[] {
  return participants.toSorted((a, b) => a.joinedAt.localeCompare(b.joinedAt) || a.id.localeCompare(b.id))
}
