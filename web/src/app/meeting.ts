import { type Demand, Meeting, ProtocolError, type Slot } from '../rtc'
import { InvitationError, type Seat, redeem } from '../entry/invitation'
import { renewSeat } from '../entry/meetingSeat'
import { keepSeat } from '../entry/seat'
import { isExpired } from '../entry/token'
import { MAX_TILES } from '../room/arrange'

/** On a narrower screen more pictures than there are slots at first would be too small to be of use. */
const NARROW = 700

/** The meeting that a seat is for. */
export function meetingFor(seat: Seat, name: string): Meeting {
  let current = seat
  return new Meeting({
    url: new URL('/rtc', location.href.replace(/^http/, 'ws')).href,
    client: 'switchyard-web/0.1.0',
    join: () => ({ name }),
    firstDemands,
    mostVideoSlots: window.innerWidth < NARROW ? 0 : MAX_TILES + 1,
    token: async () => {
      if (isExpired(current.token) && current.code !== undefined) {
        current = await redeem({ code: current.code, room: current.room }).catch(refuse)
        keepSeat(current)
      }
      if (isExpired(current.token) && current.meeting) {
        current = await renewSeat(current).catch(refuse)
        keepSeat(current)
      }
      return current.token
    },
  })
}

/**
 * Before anything is known of the others: whoever they are, in tiles of a likely size. So the first
 * pictures come with the answer and not a round trip later.
 */
function firstDemands(slots: readonly Slot[]): Demand[] {
  return slots
    .filter((slot) => slot.kind === 'video')
    .map((slot) => ({ slot: slot.mid, source: 'speaker', width: slot.lead ? 1280 : 320, height: slot.lead ? 720 : 180 }))
}

/** A code that is no longer good is not worth another attempt; a network that is away is. */
function refuse(error: unknown): never {
  if (error instanceof InvitationError && error.status >= 400 && error.status < 500 && error.status !== 429) throw new ProtocolError('unauthorized', error.message)
  throw error
}
