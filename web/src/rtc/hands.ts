import type { Hand, Participant } from './messages'
import type { RosterView } from './roster'

/** Somebody whose hand is raised. */
export interface RaisedHand {
  participant: Participant
  hand: Hand
  /** From 1. */
  place: number
}

/** Those whose hands are raised, oneself among them, in the order in which they raised them. */
export function raisedHands({ self, others }: Pick<RosterView, 'self' | 'others'>): RaisedHand[] {
  return [...(self ? [self] : []), ...others]
    .flatMap((participant) => (participant.hand ? [{ participant, hand: participant.hand }] : []))
    .sort((a, b) => a.hand.number - b.hand.number)
    .map((raised, index) => ({ ...raised, place: index + 1 }))
}
