import { describe, expect, it, vi } from 'vitest'
import documentation from '../../../docs/events.md?raw'
import { EventFeed, type Source, TYPES } from './events'
import { keys, touchedBy } from './keys'

class FakeSource implements Source {
  readyState = 0
  onopen: (() => void) | null = null
  onerror: (() => void) | null = null
  private readonly listeners = new Map<string, (message: { data: unknown; lastEventId: string }) => void>()

  addEventListener(type: string, listener: (message: { data: unknown; lastEventId: string }) => void) {
    this.listeners.set(type, listener)
  }

  close() {
    this.readyState = 2
  }

  send(type: string, data: unknown) {
    this.listeners.get(type)?.({ data: typeof data === 'string' ? data : JSON.stringify(data), lastEventId: '' })
  }

  refuse() {
    this.readyState = 2
    this.onerror?.()
  }
}

function feed() {
  const sources: FakeSource[] = []
  const addresses: string[] = []
  const waits: { ms: number; then: () => void; cancel: () => void }[] = []
  const onEvent = vi.fn()
  const onGap = vi.fn()
  const running = new EventFeed({
    onEvent,
    onGap,
    open: (address) => {
      const source = new FakeSource()
      sources.push(source)
      addresses.push(address)
      return source
    },
    after: (ms, then) => {
      const cancel = vi.fn()
      waits.push({ ms, then, cancel })
      return cancel
    },
  })
  running.start()
  const last = () => sources.at(-1) ?? new FakeSource()
  return { running, sources, addresses, waits, onEvent, onGap, last }
}

describe('the event stream', () => {
  it('hands on each event once, also when the browser takes it up again', () => {
    const f = feed()
    const event = { seq: 7, type: 'user.updated', subject: 'user:a', data: {} }
    f.last().send('user.updated', event)
    f.last().send('user.updated', event)
    f.last().send('user.updated', 'no JSON')
    expect(f.onEvent).toHaveBeenCalledTimes(1)
    expect(f.onEvent).toHaveBeenCalledWith(event)
  })

  it('says that something may be missing when it begins, not when the browser has taken it up again', () => {
    const f = feed()
    f.last().onopen?.()
    f.last().onerror?.() // broken off; the browser comes back by itself
    f.last().onopen?.()
    expect(f.onGap).toHaveBeenCalledTimes(1)
    expect(f.sources).toHaveLength(1)
  })

  it('begins anew when it was refused, later and later, and has all read again', () => {
    const f = feed()
    for (let i = 0; i < 3; i++) {
      f.last().refuse()
      f.waits.at(-1)?.then()
    }
    expect(f.waits.map(({ ms }) => ms)).toEqual([1_000, 2_000, 4_000])
    expect(f.onGap).toHaveBeenCalledTimes(3)
    f.last().onopen?.()
    f.last().refuse()
    expect(f.waits.at(-1)?.ms).toBe(1_000)
  })

  it('rests, and goes on where it was', () => {
    const f = feed()
    f.last().onopen?.()
    f.last().send('user.updated', { seq: 7, type: 'user.updated', subject: 'user:a', data: {} })
    f.last().send('heartbeat', { seq: 9 })
    f.running.stop()
    expect(f.last().readyState).toBe(2)
    f.running.start()
    f.running.start()
    f.last().onopen?.()
    expect(f.addresses).toEqual(['/api/v1/events', '/api/v1/events?after=9'])
    expect(f.onGap).toHaveBeenCalledTimes(1)
    f.last().refuse() // those events were forgotten
    f.waits.at(-1)?.then()
    expect(f.addresses.at(-1)).toBe('/api/v1/events')
    expect(f.onGap).toHaveBeenCalledTimes(2)
  })

  it('ends', () => {
    const f = feed()
    f.last().refuse()
    f.running.stop()
    expect(f.waits[0]?.cancel).toHaveBeenCalled()
    expect(f.last().readyState).toBe(2)
  })
})

describe('an event', () => {
  const touched = (type: string, subject: string) => touchedBy({ type, subject, data: {} }, 'me')

  it('makes old what it is about', () => {
    expect(touched('user.updated', 'user:other')).toEqual([keys.audit, keys.users])
    expect(touched('user.updated', 'user:me')).toContain(keys.me)
    expect(touched('flag.updated', 'flag:labs')).toEqual([keys.audit, keys.flags, keys.me])
    expect(touched('session.revoked', 'session:x')).toContain(keys.sessions)
    expect(touched('something.else', 'x:y')).toEqual([keys.audit])
  })
})

describe('types', () => {
  it('are those that the server has', () => {
    const documented = new Set([...documentation.matchAll(/`([a-z_]+\.[a-z_]+)`/g)].map(([, type]) => type))
    expect(TYPES.filter((type) => !documented.has(type))).toEqual([])
  })
  it('bring every change of what is kept', () => {
    // Without these a page would show what it read first for as long as it is open.
    for (const kind of ['user', 'department', 'settings', 'terms', 'tenant', 'flag', 'apikey', 'session', 'meeting', 'participant', 'host', 'calendar']) {
      const type = TYPES.find((one) => one.startsWith(`${kind}.`))
      expect(type, kind).toBeDefined()
      expect(touchedBy({ type: type ?? '', subject: 'user:me', data: {} }, 'me').length, kind).toBeGreaterThan(1)
    }
  })
})
