import { type Demand, Meeting, type Slot } from '../rtc'
import { type Seat, redeem } from '../entry/invitation'
import { keepSeat } from '../entry/seat'
import { isExpired } from '../entry/token'

/** The meeting that a seat is for. */
export function meetingFor(seat: Seat, name: string): Meeting {
  let current = seat
  return new Meeting({
    url: new URL('/rtc', location.href.replace(/^http/, 'ws')).href,
    client: 'switchyard-web/0.1.0',
    join: () => ({ name }),
    firstDemands,
    token: async () => {
      if (isExpired(current.token) && current.code !== undefined) {
        current = await redeem({ code: current.code, room: current.room })
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
