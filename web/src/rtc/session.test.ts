import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ProtocolError } from './errors'
import { Session } from './session'
import type { SessionState } from './state'
import { FakeServer, joined } from './testing/fakeServer'

function start(server: FakeServer) {
  const states: SessionState[] = []
  const session: Session = new Session({
    url: 'ws://server/rtc',
    token: () => Promise.resolve('token'),
    join: () => ({ name: 'Ada' }),
    prepare: () => Promise.resolve(() => void session.request({ type: 'demand', demands: [] }).catch(() => undefined)),
    openWebSocket: server.openWebSocket,
    random: () => 0.5,
  })
  session.on('status', (state) => states.push(state))
  const connected = session.connect()
  connected.catch(() => undefined)
  return { session, states, connected, status: () => session.state.status }
}

/** Lets everything run that is due within `ms`. */
const pass = (ms = 0) => vi.advanceTimersByTimeAsync(ms)

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

describe('getting in', () => {
  it('says hello, join and the media requests in one breath', async () => {
    const server = new FakeServer()
    for (const type of ['hello', 'join', 'demand']) server.mute.add(type)
    start(server)
    await pass()
    expect(server.socket.asked).toMatchObject([
      { type: 'hello', id: 1, token: 'token' },
      { type: 'join', id: 2, name: 'Ada' },
      { type: 'demand', id: 3 },
    ])
  })

  it('is joined when the server says so', async () => {
    const { connected, status, session } = start(new FakeServer())
    await pass()
    await expect(connected).resolves.toBeUndefined()
    expect(status()).toBe('joined')
    await session.leave()
  })

  it('shows that it waits to be let in', async () => {
    const server = new FakeServer()
    server.mute.add('join')
    const { session, status } = start(server)
    await pass()
    server.say({ type: 'waiting', message: 'Soon', position: 3 })
    expect(session.state).toEqual({ status: 'waiting', message: 'Soon', position: 3 })
    server.say({ re: 2, ...joined() })
    await pass()
    expect(status()).toBe('joined')
  })

  it.each(['unauthorized', 'wrong_room', 'refused'] as const)('ends when it is %s', async (code) => {
    const server = new FakeServer()
    server.reply = ({ type }) => (type === 'join' ? { type: 'error', code, message: 'no' } : undefined)
    const { session, connected } = start(server)
    await pass()
    expect(session.state).toEqual({ status: 'left', reason: code, message: 'no' })
    await expect(connected).rejects.toMatchObject({ code, message: 'no' })
    expect(server.sockets).toHaveLength(1)
  })

  it('tries again when a draining server says when', async () => {
    const server = new FakeServer()
    server.reply = ({ type }) =>
      type === 'join' && server.sockets.length === 1
        ? { type: 'error', code: 'refused', message: 'draining', retryMs: 3_000 }
        : undefined
    const { status } = start(server)
    await pass(2_900)
    expect(server.sockets).toHaveLength(1)
    await pass(200)
    expect(status()).toBe('joined')
  })

  it('gives up a first connection after a while', async () => {
    const server = new FakeServer()
    server.up = false
    const { session } = start(server)
    await pass(25_000)
    expect(session.state).toMatchObject({ status: 'left', reason: 'unreachable' })
  })
})

describe('a cut socket', () => {
  it('is resumed, and what was not seen is sent again with the same id', async () => {
    const server = new FakeServer()
    const { session, states, status } = start(server)
    await pass()
    server.say({ type: 'state', state: {} })
    const first = server.socket
    server.up = false
    first.drop()
    await pass(10)
    const asked = session.request({ type: 'mute', publication: 'p', muted: true })
    expect(first.types).not.toContain('mute')
    server.up = true
    await pass(1_000)
    expect(server.socket).not.toBe(first)
    expect(server.socket.asked[0]).toMatchObject({ type: 'resume', session: 'secret', token: 'token', seq: 4 })
    expect(status()).toBe('joined')
    expect(states.map((s) => s.status)).toEqual(['connecting', 'joined', 'reconnecting', 'joined'])
    expect(server.socket.asked.find((a) => a.type === 'mute')?.id).toBeGreaterThan(3)
    await expect(asked).resolves.toMatchObject({ type: 'ok' })
  })

  it('does not repeat what the server has seen, and takes its late reply', async () => {
    const server = new FakeServer()
    const { session } = start(server)
    await pass()
    server.mute.add('unpublish')
    const asked = session.request({ type: 'unpublish', publication: 'p' })
    const id = server.lastId
    server.socket.drop()
    await pass()
    expect(server.socket.types).toEqual(['resume'])
    server.say({ type: 'ok', re: id })
    await expect(asked).resolves.toMatchObject({ type: 'ok' })
  })

  it('handles a replayed message once', async () => {
    const server = new FakeServer()
    const { session } = start(server)
    await pass()
    const heard: unknown[] = []
    session.on('speakers', (event) => heard.push(event))
    server.say({ type: 'speakers', speakers: [] })
    const seq = server.seq
    server.socket.drop()
    await pass()
    server.socket.say({ type: 'speakers', seq, speakers: [] })
    expect(heard).toHaveLength(1)
  })

  it('joins anew on the same socket if the session is unknown', async () => {
    const server = new FakeServer()
    const { session, status } = start(server)
    await pass()
    server.mute.add('send')
    const lost = session.request({ type: 'send', to: [], text: 'hi' })
    const outcome = expect(lost).rejects.toMatchObject({ code: 'session_lost' })
    server.reply = ({ type }) => (type === 'resume' ? { type: 'error', code: 'resume_failed', message: 'who?' } : undefined)
    server.socket.drop()
    await pass()
    await outcome
    expect(server.socket.types).toEqual(['resume', 'hello', 'join', 'demand'])
    const ids = server.socket.asked.map((a) => a.id)
    expect(ids).toEqual(ids.toSorted((a, b) => a - b))
    expect(status()).toBe('joined')
  })

  it('is tried for thirty seconds, then the room is joined anew, then it is over', async () => {
    const server = new FakeServer()
    const { session, status } = start(server)
    await pass()
    server.up = false
    server.socket.drop()
    await pass(40_000)
    expect(status()).toBe('reconnecting')
    server.up = true
    await pass(5_000)
    expect(server.socket.types[0]).toBe('hello')
    expect(status()).toBe('joined')
    server.up = false
    server.socket.drop()
    await pass(160_000)
    expect(session.state).toMatchObject({ status: 'left', reason: 'unreachable' })
  })

  it('hurries when the network is back', async () => {
    const server = new FakeServer()
    const { session, status } = start(server)
    await pass()
    server.up = false
    server.socket.drop()
    await pass(12_000)
    server.up = true
    session.hurry()
    await pass()
    expect(status()).toBe('joined')
  })
})

describe('the end', () => {
  it.each(['replaced', 'removed', 'closed', 'expired'] as const)('is final when one was %s', async (reason) => {
    const server = new FakeServer()
    const { session } = start(server)
    await pass()
    server.say({ type: 'left', reason, message: 'bye' })
    await pass(60_000)
    expect(session.state).toEqual({ status: 'left', reason, message: 'bye' })
    expect(server.sockets).toHaveLength(1)
  })

  it.each(['timeout', 'slow', 'shutdown'])('is followed by a new join after %s', async (reason) => {
    const server = new FakeServer()
    const { status } = start(server)
    await pass()
    server.say({ type: 'left', reason, message: '' })
    await pass(1_000)
    expect(server.sockets).toHaveLength(2)
    expect(server.socket.types[0]).toBe('hello')
    expect(status()).toBe('joined')
  })

  it.each([4400, 4401, 4403, 4410])('is final after close code %d', async (code) => {
    const server = new FakeServer()
    const { status } = start(server)
    await pass()
    server.socket.drop(code)
    await pass(60_000)
    expect(status()).toBe('left')
    expect(server.sockets).toHaveLength(1)
  })

  it('waits as long as a going server asked before joining anew', async () => {
    const server = new FakeServer()
    const { status } = start(server)
    await pass()
    server.say({ type: 'goaway', reason: 'shutdown', deadlineMs: 10_000, retryMs: 2_000 })
    await pass(5_000)
    expect(status()).toBe('joined')
    server.socket.drop(1001)
    await pass(2_900)
    expect(server.sockets).toHaveLength(1)
    await pass(200)
    expect(server.socket.types[0]).toBe('hello')
    expect(status()).toBe('joined')
  })

  it('leaves with a word', async () => {
    const server = new FakeServer()
    const { session, states } = start(server)
    await pass()
    await session.leave()
    expect(server.socket.types).toContain('leave')
    expect(server.socket.closedWith).toBe(1000)
    expect(states.at(-1)).toEqual({ status: 'left', reason: 'left', message: '' })
    await expect(session.request({ type: 'ping' })).rejects.toBeInstanceOf(ProtocolError)
  })
})

describe('keeping alive', () => {
  it('pings when it has said nothing else, and acknowledges', async () => {
    const server = new FakeServer()
    start(server)
    await pass(5_100)
    const pings = server.socket.asked.filter((a) => a.type === 'ping')
    expect(pings).toHaveLength(1)
    expect(pings[0]?.ack).toBe(3)
  })

  it('gives up a socket on which nothing is heard', async () => {
    const server = new FakeServer()
    const { status } = start(server)
    await pass()
    server.mute.add('ping')
    const silent = server.socket
    await pass(16_000)
    expect(silent.closedWith).toBeDefined()
    expect(server.socket).not.toBe(silent)
    expect(status()).toBe('joined')
  })

  it('ignores events that it does not know and answers to nobody', async () => {
    const server = new FakeServer()
    const { status } = start(server)
    await pass()
    server.say({ type: 'confetti', colour: 'red' })
    server.say({ type: 'ok', re: 999 })
    expect(status()).toBe('joined')
  })

  it('drops a socket that speaks no JSON', async () => {
    const server = new FakeServer()
    const { status } = start(server)
    await pass()
    server.socket.onmessage?.({ data: '{' } as never)
    await pass()
    expect(server.sockets).toHaveLength(2)
    expect(status()).toBe('joined')
  })
})
