import { claim } from './claim'
import { type Invitation, type Seat, redeem } from './invitation'
import { isExpired } from './token'

const SEAT = 'switchyard.seat'
const IN_ROOM = 'switchyard.inRoom'

/** What of a seat is kept in the tab: it survives a reload and ends with the tab. */
export interface SeatStore {
  getItem(key: string): string | null
  setItem(key: string, value: string): void
  removeItem(key: string): void
}

export function keepSeat(seat: Seat, store: SeatStore = sessionStorage): void {
  store.setItem(SEAT, JSON.stringify(seat))
}

export function dropSeat(store: SeatStore = sessionStorage): void {
  store.removeItem(SEAT)
  store.removeItem(IN_ROOM)
}

/** Remembers whether one is in the room, so that a reload goes straight back. */
export function markInRoom(inRoom: boolean, store: SeatStore = sessionStorage): void {
  if (inRoom) store.setItem(IN_ROOM, 'yes')
  else store.removeItem(IN_ROOM)
}

/** Whether this tab belongs to a meeting whatever its address says: it is in the room, or its seat came by token. */
export function isSeated(store: SeatStore = sessionStorage): boolean {
  const seat = readSeat(store)
  return seat !== undefined && !seat.meeting && (seat.code === undefined || isInRoom(store))
}

export function isInRoom(store: SeatStore = sessionStorage): boolean {
  return store.getItem(IN_ROOM) !== null
}

export interface Arrival {
  seat: Seat
  /** One was in the room before the reload. */
  returning: boolean
}

interface Means {
  store: SeatStore
  claim: (identity: string) => Promise<boolean>
  redeem: (invitation: Invitation) => Promise<Seat>
}

/**
 * Finds this tab's seat: the one from before a reload, or a new one for the invitation. Undefined
 * if there is neither.
 */
export async function findSeat(
  invitation: Invitation | undefined,
  means: Means = { store: sessionStorage, claim, redeem },
): Promise<Arrival | undefined> {
  const kept = readSeat(means.store)
  const fits = kept !== undefined && !kept.meeting && !isExpired(kept.token) && (!invitation || suits(kept, invitation))
  if (fits && (await means.claim(kept.identity))) {
    return { seat: kept, returning: isInRoom(means.store) }
  }
  dropSeat(means.store)
  const again = invitation ?? (kept?.code === undefined ? undefined : { code: kept.code, room: kept.room })
  if (!again) return undefined
  const seat = await means.redeem(again)
  keepSeat(seat, means.store)
  await means.claim(seat.identity)
  return { seat, returning: false }
}

function suits(seat: Seat, { code, room }: Invitation): boolean {
  return seat.room === room && seat.code === code
}

export function readSeat(store: SeatStore): Seat | undefined {
  try {
    const seat = JSON.parse(store.getItem(SEAT) ?? 'null') as Seat | null
    return seat?.token && seat.identity ? seat : undefined
  } catch {
    return undefined
  }
}
