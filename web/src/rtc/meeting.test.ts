import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { Meeting, type MeetingOptions } from './meeting'
import { FakePeerConnection, FakeTrack } from './testing/fakePeerConnection'
import { FakeServer, joined, participant, publication } from './testing/fakeServer'

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('MediaStream', Object)
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const pass = (ms = 0) => vi.advanceTimersByTimeAsync(ms)

function make(server: FakeServer, options: Partial<MeetingOptions> = {}) {
  const connections: FakePeerConnection[] = []
  const meeting = new Meeting({
    url: 'ws://server/rtc',
    token: () => Promise.resolve('token'),
    slots: { audio: 4, video: 1 },
    firstDemands: (slots) => [{ slot: slots.at(-1)?.mid ?? '', source: 'speaker', width: 640, height: 368 }],
    openWebSocket: server.openWebSocket,
    createConnection: () => {
      const pc = new FakePeerConnection()
      connections.push(pc)
      return pc as never
    },
    ...options,
  })
  return { meeting, connections }
}

it('says everything in one breath', async () => {
  const server = new FakeServer()
  for (const type of ['hello', 'join', 'offer', 'demand']) server.mute.add(type)
  const { meeting } = make(server)
  void meeting.peer.publish('microphone', new FakeTrack('audio') as never)
  void meeting.join()
  await pass()
  expect(server.socket.types).toEqual(['hello', 'join', 'offer', 'demand'])
  expect(server.socket.asked[2]).toMatchObject({ tracks: [{ source: 'microphone' }] })
})

it('keeps its connection over a resume and makes a new one for a new session', async () => {
  const server = new FakeServer()
  const { meeting, connections } = make(server)
  void meeting.join()
  await pass()
  server.socket.drop()
  await pass()
  expect(connections).toHaveLength(1)
  server.say({ type: 'left', reason: 'timeout', message: '' })
  await pass(1_000)
  expect(connections).toHaveLength(2)
  expect(connections[0]?.closed).toBe(true)
  expect(server.socket.types).toEqual(['hello', 'join', 'offer', 'demand', 'history'])
})

it('adds audio slots when more people can be heard than there are slots', async () => {
  const server = new FakeServer()
  const people = [1, 2, 3, 4, 5].map((n) => participant(`p${n}`, [publication(`m${n}`, 'microphone', n)]))
  server.reply = ({ type }) => (type === 'join' ? joined(people) : undefined)
  const { meeting } = make(server)
  void meeting.join()
  await pass()
  expect(meeting.peer.slots.filter((s) => s.kind === 'audio')).toHaveLength(8)
})

it('adds video slots when more people can be seen than there are slots, up to a limit', async () => {
  const server = new FakeServer()
  const people = [1, 2, 3].map((n) => participant(`p${n}`, [publication(`c${n}`, 'camera', n)]))
  server.reply = ({ type }) => (type === 'join' ? joined(people) : undefined)
  const { meeting } = make(server, { mostVideoSlots: 6 })
  void meeting.join()
  await pass()
  expect(meeting.peer.slots.filter((s) => s.kind === 'video')).toHaveLength(6)
})

it('joins anew when the media path can not be repaired', async () => {
  const server = new FakeServer()
  const { meeting, connections } = make(server)
  void meeting.join()
  await pass()
  for (let i = 0; i < 6; i++) {
    connections.at(-1)?.enter('failed')
    await pass(6_001)
  }
  expect(connections).toHaveLength(4)
  expect(server.sockets).toHaveLength(2)
  expect(meeting.session.state.status).toBe('joined')
})

it('hears that all hands are lowered', async () => {
  const server = new FakeServer()
  const hand = { number: 1, at: '2026-01-01T00:00:00.000Z' }
  server.reply = ({ type }) => (type === 'join' ? joined([{ ...participant('ada'), hand }]) : undefined)
  const { meeting } = make(server)
  void meeting.join()
  await pass()
  expect(meeting.roster.view.others[0]?.hand).toEqual(hand)
  server.say({ type: 'handsLowered' })
  expect(meeting.roster.view.others[0]?.hand).toBeUndefined()
})

it('closes its connection when the session is over', async () => {
  const server = new FakeServer()
  const { meeting, connections } = make(server)
  void meeting.join()
  await pass()
  await meeting.leave()
  expect(connections[0]?.closed).toBe(true)
})

it('makes a new connection in the same session when the server has lost its end', async () => {
  const server = new FakeServer()
  const { meeting, connections } = make(server)
  void meeting.join()
  await pass()
  server.say({ type: 'reoffer', reason: 'moved' })
  await pass()
  expect(connections.map((c) => c.closed)).toEqual([true, false])
  expect(server.sockets).toHaveLength(1)
  expect(server.socket.types.slice(5)).toEqual(['offer', 'demand'])
})
