import { describe, expect, it, vi } from 'vitest'
import { InvitationError } from './invitation'
import { type Ticket, findMeetingSeat, isAtDoor, numberAt, renewSeat, seatOf } from './meetingSeat'
import { type SeatStore, findSeat, isSeated, keepSeat, markInRoom, readSeat } from './seat'

const token = (exp: number) => `e30.${btoa(JSON.stringify({ exp })).replaceAll('=', '')}.sig`
const LATER = Math.floor(Date.now() / 1_000) + 3_600

const ticket: Ticket = {
  meeting: '01M',
  number: '041988241',
  subject: 'Standup',
  room: 'meeting:01M',
  identity: 'guest-1',
  name: 'Ada',
  token: token(LATER),
  mute_on_entry: true,
}
const way = { path: '/api/v1/join', body: { number: '041988241', name: 'Ada' } }
const seat = seatOf(ticket, way, false)

function store(): SeatStore {
  const items = new Map<string, string>()
  return {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
  }
}

function means(kept = seat, free = true) {
  const own = store()
  keepSeat(kept, own)
  return { store: own, claim: vi.fn(() => Promise.resolve(free)), renew: vi.fn(() => Promise.resolve({ ...seat, token: token(LATER + 1) })) }
}

it.each([
  ['/m/041988241', '041988241'],
  ['/m/041988241/', '041988241'],
  ['/m/0419882411', undefined],
  ['/m/', undefined],
  ['/', undefined],
])('reads the number in %s', (path, number) => {
  expect(numberAt(path)).toBe(number)
})

describe('the door of a meeting', () => {
  it('is at the address of its number, in a tab that has a seat for it', () => {
    const { store } = means()
    expect(isAtDoor({ pathname: '/m/041988241', hash: '' }, store)).toBe(true)
    expect(isAtDoor({ pathname: '/m/041988242', hash: '' }, store)).toBe(false)
    expect(isAtDoor({ pathname: '/m/041988241', hash: '#another-guest' }, store)).toBe(false)
    expect(isAtDoor({ pathname: '/', hash: '' }, store)).toBe(false)
  })

  it('is nowhere else: the start page stays the start page', async () => {
    const { store, claim, renew } = means()
    markInRoom(true, store)
    expect(isSeated(store)).toBe(false)
    await expect(findSeat(undefined, { store, claim, redeem: renew })).resolves.toBeUndefined()
  })
})

describe('the seat of a meeting', () => {
  it('is the same after a reload', async () => {
    const m = means()
    markInRoom(true, m.store)
    await expect(findMeetingSeat(m)).resolves.toEqual({ seat, returning: true })
    expect(m.renew).not.toHaveBeenCalled()
  })

  it('leads a copy of the tab to the door and no further', async () => {
    const m = means(seat, false)
    markInRoom(true, m.store)
    await expect(findMeetingSeat(m)).resolves.toEqual({ seat, returning: false })
  })

  it('is renewed when its token has run out, and kept', async () => {
    const m = means({ ...seat, token: token(1) })
    await findMeetingSeat(m)
    expect(readSeat(m.store)?.token).toBe(token(LATER + 1))
  })

  it('is renewed as it was had', async () => {
    const fetcher = vi.fn(() => Promise.resolve(Response.json({ ...ticket, token: 'new' })))
    await expect(renewSeat(seat, fetcher)).resolves.toEqual({ ...seat, token: 'new' })
    expect(fetcher).toHaveBeenCalledWith('/api/v1/join', expect.objectContaining({ method: 'POST', body: JSON.stringify(way.body) }))
  })

  it('can be refused', async () => {
    const fetcher = () => Promise.resolve(new Response('', { status: 403 }))
    await expect(renewSeat(seat, fetcher)).rejects.toBeInstanceOf(InvitationError)
  })
})
