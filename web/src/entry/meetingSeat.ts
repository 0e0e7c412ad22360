import { claim } from './claim'
import { InvitationError, type MeetingSeat, type Seat } from './invitation'
import { type SeatStore, isInRoom, keepSeat, markInRoom, readSeat } from './seat'
import { isExpired } from './token'

/** What the control API answers to who may go to a meeting's door. */
export interface Ticket {
  meeting: string
  number: string
  subject: string
  room: string
  identity: string
  name: string
  token: string
  mute_on_entry: boolean
}

/** How a ticket was asked for, and so how another one can be. */
export type Way = MeetingSeat['way']

/** The seat that a ticket is for. `user`: it is that of an account, which has more to ask the server for. */
export function seatOf(ticket: Ticket, way: Way, user: boolean): Seat {
  const { meeting: id, number, subject, name, mute_on_entry: muteOnEntry, room, identity, token } = ticket
  return { room, identity, token, meeting: { id, number, subject, name, muteOnEntry, user, way } }
}

/** Goes to the door of a meeting: the page is loaded anew, with the seat kept in this tab and not in the address. */
export function goToDoor(seat: Seat): void {
  keepSeat(seat)
  markInRoom(false)
  location.assign(`/m/${seat.meeting?.number ?? ''}`)
}

/** The number in the address of a meeting's page. */
export function numberAt(pathname: string): string | undefined {
  return /^\/m\/(\d{9})\/?$/.exec(pathname)?.[1]
}

/** Whether this tab has a seat for the meeting in its address. A personal link in the fragment asks for another one. */
export function isAtDoor({ pathname, hash }: { pathname: string; hash: string }, store: SeatStore = sessionStorage): boolean {
  const number = numberAt(pathname)
  return number !== undefined && hash.length < 2 && readSeat(store)?.meeting?.number === number
}

interface Means {
  store: SeatStore
  claim: (identity: string) => Promise<boolean>
  renew: (seat: Seat) => Promise<Seat>
}

/**
 * The seat that this tab has for the meeting in its address, renewed if its token has run out. A copy
 * of the tab stays at the door, so that it does not put the first one out of the room by itself.
 */
export async function findMeetingSeat(means: Means = { store: sessionStorage, claim, renew: renewSeat }) {
  const kept = readSeat(means.store)
  if (!kept?.meeting) return undefined
  const seat = isExpired(kept.token) ? await means.renew(kept) : kept
  keepSeat(seat, means.store)
  const returning = (await means.claim(`${seat.room} ${seat.identity}`)) && isInRoom(means.store)
  if (!returning) markInRoom(false, means.store)
  return { seat, returning }
}

/** Another token for a seat. Rejects with InvitationError, or TypeError without a network. */
export async function renewSeat(seat: Seat, fetcher: typeof fetch = fetch): Promise<Seat> {
  const { meeting } = seat
  if (!meeting) return seat
  const { path, body } = meeting.way
  const response = await fetcher(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, ...(body && { body: JSON.stringify(body) }) })
  if (!response.ok) throw new InvitationError(response.status, response.statusText)
  return seatOf((await response.json()) as Ticket, meeting.way, meeting.user)
}
