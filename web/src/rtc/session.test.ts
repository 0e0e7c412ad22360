import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ProtocolError } from './errors'
import { Session, type SessionOptions } from './session'
import type { SessionState } from './state'
import { FakeServer, joined } from './testing/fakeServer'

function start(server: FakeServer, options: Partial<SessionOptions> = {}) {
  const states: SessionState[] = []
  const session: Session = new Session({
    url: 'ws://server/rtc',
    token: () => Promise.resolve('token'),
    join: () => ({ name: 'Ada' }),
    prepare: () => Promise.resolve(() => void session.request({ type: 'demand', demands: [] }).catch(() => undefined)),
    openWebSocket: server.openWebSocket,
    random: () => 0.5,
    ...options,
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

  it('does not knock again by itself when it was turned away', async () => {
    const server = new FakeServer()
    server.mute.add('join')
    const { session } = start(server)
    await pass()
    server.say({ type: 'waiting', message: 'Soon', position: 1 })
    server.say({ re: 2, type: 'error', code: 'refused', message: 'the host said no', reason: 'waiting_refused', retryMs: 60_000 })
    await pass(120_000)
    expect(session.state).toEqual({ status: 'left', reason: 'refused', message: 'the host said no', retryMs: 60_000, refusal: 'waiting_refused' })
    expect(server.sockets).toHaveLength(1)
  })

  it('waits on when the server goes away meanwhile', async () => {
    const server = new FakeServer()
    server.mute.add('join')
    const { status } = start(server)
    await pass()
    server.say({ type: 'waiting', message: 'Soon', position: 1 })
    server.say({ type: 'goaway', reason: 'shutdown', deadlineMs: 0, retryMs: 1_000 })
    server.mute.delete('join')
    server.say({ re: 2, type: 'error', code: 'refused', message: 'draining', retryMs: 1_000 })
    await pass(5_000)
    expect(status()).toBe('joined')
  })

  it('tells what a host asks for, and does nothing by itself', async () => {
    const server = new FakeServer()
    const { session } = start(server)
    await pass()
    const asked = vi.fn()
    session.on('asked', asked)
    const before = server.socket.asked.length
    server.say({ type: 'asked', what: 'unmute' })
    expect(asked).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ what: 'unmute' }))
    expect(server.socket.asked).toHaveLength(before)
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

describe('a server that misbehaves', () => {
  it('is acknowledged soon when it says much', async () => {
    const server = new FakeServer()
    const { session } = start(server)
    await pass()
    const before = server.socket.asked.length
    for (let i = 0; i < 100; i++) server.say({ type: 'speakers', speakers: [] })
    await pass()
    const said = server.socket.asked.slice(before)
    expect(said.map((a) => a.type)).toEqual(['ping'])
    server.say({ type: 'message', text: 'x'.repeat(70_000) })
    await pass()
    expect(server.socket.asked.length).toBe(before + 2)
    await session.leave()
  })

  it('is asked again for a message that is missing, and left for a new session if it has it no more', async () => {
    const server = new FakeServer()
    const { status } = start(server)
    await pass()
    const heard = server.seq
    server.seq += 1
    server.say({ type: 'speakers', speakers: [] })
    await pass()
    expect(server.socket.asked[0]).toMatchObject({ type: 'resume', seq: heard })
    server.socket.say({ type: 'speakers', seq: heard + 2, speakers: [] })
    await pass(1_000)
    expect(server.socket.types[0]).toBe('hello')
    expect(status()).toBe('joined')
  })

  it('is come back to slower and slower when it always ends the session at once', async () => {
    const server = new FakeServer()
    start(server)
    for (let i = 0; i < 50; i++) {
      await pass(200)
      if (server.socket.closedWith === undefined) server.socket.drop(1011)
    }
    expect(server.sockets.length).toBeGreaterThan(3)
    expect(server.sockets.length).toBeLessThan(10)
  })

  it('does not end a session by refusing one request of it', async () => {
    const server = new FakeServer()
    const { session, status } = start(server)
    await pass()
    server.reply = ({ type }) => (type === 'mute' ? { type: 'error', code: 'bad_field', message: 'no' } : undefined)
    await session.request({ type: 'mute', publication: 'p', muted: true }).catch(() => undefined)
    server.reply = () => undefined
    server.up = false
    server.socket.drop()
    await pass(35_000)
    server.up = true
    server.mute.add('join')
    await pass(5_000)
    server.socket.drop()
    server.mute.clear()
    await pass(5_000)
    expect(status()).toBe('joined')
  })

  it('keeps a listener that throws from nobody else', async () => {
    const server = new FakeServer()
    const { session } = start(server)
    await pass()
    const heard = vi.fn()
    const thrown: unknown[] = []
    vi.stubGlobal('queueMicrotask', (task: () => void) => {
      try {
        task()
      } catch (error) {
        thrown.push(error)
      }
    })
    session.on('speakers', () => {
      throw new Error('a fault')
    })
    session.on('speakers', heard)
    server.say({ type: 'speakers', speakers: [] })
    vi.unstubAllGlobals()
    expect(heard).toHaveBeenCalled()
    expect(thrown).toHaveLength(1)
  })
})

describe('coming back', () => {
  it('uses the token that the session was begun with, until a new session begins', async () => {
    const server = new FakeServer()
    let n = 0
    start(server, { token: () => Promise.resolve(`token ${(n += 1)}`) })
    await pass()
    server.socket.drop()
    await pass()
    expect(server.socket.asked[0]).toMatchObject({ type: 'resume', token: 'token 1' })
    server.reply = ({ type }) => (type === 'resume' ? { type: 'error', code: 'resume_failed', message: '' } : undefined)
    server.socket.drop()
    await pass(1_000)
    expect(server.socket.asked[1]).toMatchObject({ type: 'hello', token: 'token 2' })
  })

  it('says why when the room was locked meanwhile', async () => {
    const server = new FakeServer()
    const { session } = start(server)
    await pass()
    server.reply = ({ type }) => (type === 'join' ? { type: 'error', code: 'refused', message: 'locked' } : undefined)
    server.say({ type: 'left', reason: 'timeout', message: '' })
    await pass(200_000)
    expect(session.state).toEqual({ status: 'left', reason: 'refused', message: 'locked' })
  })

  it('leaves some time after a shutdown without a word', async () => {
    const server = new FakeServer()
    start(server)
    await pass()
    server.say({ type: 'left', reason: 'shutdown', message: '' })
    await pass(700)
    expect(server.sockets).toHaveLength(1)
    await pass(100)
    expect(server.sockets).toHaveLength(2)
  })

  it('does not come back with what the server can not take', async () => {
    const server = new FakeServer()
    const { session } = start(server)
    await pass()
    server.socket.drop(1009)
    await pass(10_000)
    expect(session.state).toMatchObject({ status: 'left', reason: 'too_big' })
    expect(server.sockets).toHaveLength(1)
  })
})

describe('leaving while joining', () => {
  it('closes the socket that was being opened, even if the media never get ready', async () => {
    const server = new FakeServer()
    const { session, status, connected } = start(server, { prepare: () => new Promise(() => undefined) })
    await pass()
    await session.leave()
    await pass()
    expect(status()).toBe('left')
    expect(server.socket.closedWith).toBeDefined()
    expect(server.socket.asked).toEqual([])
    await expect(connected).rejects.toMatchObject({ code: 'session_lost' })
    expect(vi.getTimerCount()).toBe(0)
  })

  it('tells a server that has not answered yet', async () => {
    const server = new FakeServer()
    server.mute.add('join')
    const { session, status } = start(server)
    await pass()
    void session.leave()
    void session.leave()
    await pass()
    expect(server.socket.types).toContain('leave')
    await pass(1_100)
    expect(status()).toBe('left')
    await pass(30_000)
    expect(server.sockets).toHaveLength(1)
    expect(vi.getTimerCount()).toBe(0)
  })
})
