import { keepName, readName } from './name'
import { describe, expect, it, vi } from 'vitest'
import { InvitationError, type Seat, parseInvitation, redeem } from './invitation'
import { type SeatStore, findSeat, keepSeat, markInRoom } from './seat'
import { isExpired, readToken } from './token'

const seat: Seat = { room: 'main', identity: 'guest-1', token: 'token-1', code: 'abc' }
const invitation = { code: 'abc', room: 'main' }

function store(): SeatStore {
  const items = new Map<string, string>()
  return {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
  }
}

function means(kept?: Seat, claimable = true) {
  const own = store()
  if (kept) keepSeat(kept, own)
  return {
    store: own,
    claim: vi.fn(() => Promise.resolve(claimable)),
    redeem: vi.fn(() => Promise.resolve({ ...seat, identity: 'guest-2', token: 'token-2' })),
  }
}

const token = (claims: object) => `e30.${btoa(JSON.stringify(claims)).replaceAll('=', '')}.sig`

describe('an invitation', () => {
  it.each([
    ['#code=abc&room=standup', { code: 'abc', room: 'standup' }],
    ['#code=a%2Bb', { code: 'a+b', room: 'main' }],
    ['#room=main', undefined],
    ['', undefined],
  ])('is read from %s', (fragment, expected) => {
    expect(parseInvitation(fragment)).toEqual(expected)
  })

  it('is exchanged by POST, so that the code is in no log', async () => {
    const fetcher = vi.fn(() => Promise.resolve(Response.json({ token: 't', identity: 'i', room: 'main' })))
    await expect(redeem(invitation, fetcher)).resolves.toEqual({ token: 't', identity: 'i', room: 'main', code: 'abc' })
    expect(fetcher).toHaveBeenCalledWith('/invite', expect.objectContaining({ method: 'POST' }))
  })

  it('can be refused', async () => {
    const fetcher = () => Promise.resolve(Response.json({ detail: 'wrong code' }, { status: 403 }))
    await expect(redeem(invitation, fetcher)).rejects.toEqual(new InvitationError(403, 'wrong code'))
  })
})

describe('a seat', () => {
  it('is the same after a reload', async () => {
    const m = means(seat)
    markInRoom(true, m.store)
    await expect(findSeat(invitation, m)).resolves.toEqual({ seat, returning: true })
    expect(m.redeem).not.toHaveBeenCalled()
  })

  it('is another one in a duplicated tab', async () => {
    const m = means(seat, false)
    markInRoom(true, m.store)
    const arrival = await findSeat(invitation, m)
    expect(arrival).toMatchObject({ seat: { identity: 'guest-2' }, returning: false })
  })

  it('is another one for another invitation', async () => {
    const m = means(seat)
    await findSeat({ code: 'abc', room: 'other' }, m)
    expect(m.redeem).toHaveBeenCalledWith({ code: 'abc', room: 'other' })
  })

  it('is renewed when its token has run out', async () => {
    const m = means({ ...seat, token: token({ exp: 1 }) })
    await findSeat(undefined, m)
    expect(m.redeem).toHaveBeenCalledWith(invitation)
  })

  it('is not found without an invitation', async () => {
    await expect(findSeat(undefined, means())).resolves.toBeUndefined()
  })
})

describe('a token', () => {
  it('says what it is for', () => {
    const text = token({ room: 'main', sub: 'ada' })
    expect(readToken(` ${text} `)).toEqual({ room: 'main', identity: 'ada', token: text })
    expect(readToken(token({ sub: 'ada' }))).toBeUndefined()
    expect(readToken('nonsense')).toBeUndefined()
    expect(readToken('a.%%%.c')).toBeUndefined()
  })

  it('runs out', () => {
    expect(isExpired(token({ exp: 100 }), 100_000)).toBe(true)
    expect(isExpired(token({ exp: 200 }), 100_000)).toBe(false)
    expect(isExpired(token({}), 100_000)).toBe(false)
  })
})

it('keeps the name of each tab apart', () => {
  const storage = () => {
    const kept = new Map<string, string>()
    return { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value) }
  }
  const [browser, one, other] = [storage(), storage(), storage()]
  keepName('Ada', one, browser)
  expect(readName(other, browser)).toBe('Ada')
  keepName('Bob', other, browser)
  expect(readName(one, browser)).toBe('Ada')
})
