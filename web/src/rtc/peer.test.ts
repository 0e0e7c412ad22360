import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ProtocolError } from './errors'
import type { Request, SlotState } from './messages'
import { Peer } from './peer'
import { joined, publication } from './testing/fakeServer'
import { FakePeerConnection, FakeTrack } from './testing/fakePeerConnection'

type Asked = Request & { type: string }

/** A peer whose requests are answered, and everything that it asked. */
function make(slots = { audio: 1, video: 2 }) {
  const asked: Asked[] = []
  const connections: FakePeerConnection[] = []
  const state: { slots: SlotState[]; fail: Error | undefined; failDemand: Error | undefined } = {
    slots: [],
    fail: undefined,
    failDemand: undefined,
  }
  const peer = new Peer({
    slots,
    request: (body) => {
      asked.push(body)
      if (body.type === 'demand' && state.failDemand) return Promise.reject(state.failDemand)
      if (body.type !== 'offer') return Promise.resolve({ type: 'ok' } as never)
      if (state.fail) return Promise.reject(state.fail)
      const publications = body.tracks.map((t) => ({ mid: t.mid, publication: `pub-${t.track}` }))
      return Promise.resolve({ type: 'answer', sdp: `answer to ${body.sdp}`, slots: state.slots, publications } as never)
    },
    createConnection: () => {
      const pc = new FakePeerConnection()
      connections.push(pc)
      return pc as never
    },
  })
  const pc = () => connections.at(-1) ?? expect.fail('no connection')
  const offers = () => asked.filter((a) => a.type === 'offer')
  const connect = async () => {
    const begin = await peer.open()
    begin()
    await settle()
  }
  return { peer, asked, offers, pc, connections, connect, state }
}

const settle = () => vi.advanceTimersByTimeAsync(0)
const track = (kind: 'audio' | 'video', settings?: MediaTrackSettings) => new FakeTrack(kind, settings) as never

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('MediaStream', Object)
  vi.stubGlobal('RTCRtpSender', {
    getCapabilities: () => ({ codecs: ['video/VP8', 'video/rtx', 'video/H264', 'video/VP9'].map((mimeType) => ({ mimeType })) }),
  })
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

describe('slots', () => {
  it('are receiving lines, audio first, each kind with its lead', async () => {
    const { peer, pc, connect } = make()
    await connect()
    expect(peer.slots.map((s) => `${s.mid} ${s.kind}${s.lead ? ' lead' : ''}`)).toEqual(['0 audio lead', '1 video lead', '2 video'])
    expect(pc().transceivers.every((t) => t.init.direction === 'recvonly')).toBe(true)
  })

  it('carry what the answer and later events say', async () => {
    const { peer, connect, state } = make()
    state.slots = [{ slot: '1', kind: 'video', publication: 'p', number: 7, rtpTimestamp: 100 }]
    await connect()
    expect(peer.slots[1]?.state.publication).toBe('p')
    const untouched = peer.slots[2]
    peer.onSlots({ slots: [{ slot: '1', kind: 'video', publication: 'p', number: 7, paused: 'muted' }] })
    expect(peer.slots[1]?.state.paused).toBe('muted')
    expect(peer.slots[2]).toBe(untouched)
    expect(peer.labels.frame('1', { rtpTimestamp: 150 }, [])).toBe(7)
  })

  it('grow by a new offer', async () => {
    const { peer, offers, connect } = make()
    await connect()
    await peer.growSlots('audio', 3)
    expect(peer.slots.filter((s) => s.kind === 'audio')).toHaveLength(3)
    expect(offers()).toHaveLength(2)
    await peer.growSlots('audio', 2)
    expect(offers()).toHaveLength(2)
  })
})

describe('publishing', () => {
  it('is part of the first offer if it was asked for before', async () => {
    const { peer, offers, pc, connect } = make()
    void peer.publish('microphone', track('audio'), { muted: true })
    void peer.publish('camera', track('video', { width: 1280, height: 720 }))
    await connect()
    expect(offers()).toHaveLength(1)
    expect(offers()[0]).toMatchObject({
      sdp: 'offer 1',
      tracks: [
        { mid: '3', track: 'microphone', source: 'microphone', muted: true },
        { mid: '4', track: 'camera', width: 1280, height: 720, encodings: [{ rid: 'q' }, { rid: 'h' }, { rid: 'f' }] },
      ],
    })
    expect(pc().transceivers[4]?.init.sendEncodings).toMatchObject([
      { rid: 'q', scaleResolutionDownBy: 4 },
      { rid: 'h', scaleResolutionDownBy: 2 },
      { rid: 'f', scaleResolutionDownBy: 1 },
    ])
    expect(peer.publishedAs('camera')?.publication).toBe('pub-camera')
  })

  it('offers once what is asked for at once', async () => {
    const { peer, offers, connect } = make()
    await connect()
    await Promise.all([peer.publish('screen', track('video')), peer.publish('screen-audio', track('audio'))])
    expect(offers()).toHaveLength(2)
    expect(offers()[1]).toMatchObject({ tracks: [{ track: 'screen' }, { track: 'screen-audio' }] })
    await Promise.all([peer.unpublish('screen'), peer.unpublish('screen-audio')])
    expect(offers()).toHaveLength(3)
  })

  it('waits for the first offer if it comes too early for its own', async () => {
    const { peer, offers } = make()
    const begin = await peer.open()
    const published = peer.publish('camera', track('video'))
    await settle()
    expect(offers()).toHaveLength(0)
    begin()
    await published
    expect(offers().at(-1)).toMatchObject({ tracks: [{ track: 'camera' }] })
  })

  it('survives a new connection', async () => {
    const { peer, offers, connections, connect } = make()
    await connect()
    await peer.publish('camera', track('video'))
    await connect()
    expect(connections).toHaveLength(2)
    expect(connections[0]?.closed).toBe(true)
    expect(offers().at(-1)).toMatchObject({ sdp: 'offer 1', tracks: [{ mid: '3', track: 'camera' }] })
  })

  it('ends with its line', async () => {
    const { peer, asked, pc, connect } = make()
    await connect()
    await peer.publish('screen', track('video'))
    await peer.unpublish('screen')
    expect(pc().transceivers[3]?.stopped).toBe(true)
    expect(asked.map((a) => a.type)).toEqual(['offer', 'offer', 'unpublish', 'offer'])
    expect(asked.at(-1)).toMatchObject({ tracks: [] })
  })

  it('tells when the server refuses, and takes the offer back', async () => {
    const { peer, pc, connect, state } = make()
    await connect()
    const refused = vi.fn()
    peer.on('refused', refused)
    state.fail = new ProtocolError('bad_offer', 'no common codec', 'sdp.m[3].codec')
    await expect(peer.publish('camera', track('video'))).rejects.toThrow('no common codec')
    expect(refused).toHaveBeenCalledWith(state.fail)
    expect(pc().rollbacks).toBe(1)
  })

  it('offers again when joined if the first offer came while it waited to be let in', async () => {
    const { peer, offers, connect, state } = make()
    state.fail = new ProtocolError('out_of_order', 'join first')
    await connect()
    state.fail = undefined
    peer.onJoined(joined())
    await settle()
    expect(offers()).toHaveLength(2)
    peer.onJoined(joined())
    await settle()
    expect(offers()).toHaveLength(2)
  })
})

describe('muting', () => {
  it('keeps a microphone and silences it, without an offer', async () => {
    const { peer, asked, offers, connect } = make()
    await connect()
    const mic = new FakeTrack('audio')
    await peer.publish('microphone', mic as never)
    await peer.setMuted('microphone', true)
    expect(mic).toMatchObject({ enabled: false, stopped: false })
    expect(asked.at(-1)).toEqual({ type: 'mute', publication: 'pub-microphone', muted: true })
    await peer.setMuted('microphone', false)
    expect(mic.enabled).toBe(true)
    expect(offers()).toHaveLength(2)
  })

  it('lets a camera go and takes another one', async () => {
    const { peer, asked, pc, connect } = make()
    await connect()
    const camera = new FakeTrack('video')
    await peer.publish('camera', camera as never)
    await peer.setMuted('camera', true)
    expect(camera.stopped).toBe(true)
    expect(pc().transceivers[3]?.sender.track).toBeNull()
    const next = new FakeTrack('video')
    await peer.publish('camera', next as never)
    expect(pc().transceivers[3]?.sender.track).toBe(next)
    expect(asked.slice(-2)).toMatchObject([{ muted: true }, { muted: false }])
  })

  it('is told after the answer if it happened before', async () => {
    const { peer, asked } = make()
    void peer.publish('microphone', track('audio'))
    const begin = await peer.open()
    begin()
    void peer.setMuted('microphone', true)
    await settle()
    expect(asked.map((a) => a.type)).toEqual(['offer', 'mute'])
  })

  it('follows a moderator without contradiction', async () => {
    const { peer, asked, connect } = make()
    await connect()
    const mic = new FakeTrack('audio')
    await peer.publish('microphone', mic as never)
    peer.onMuted({ publication: 'pub-microphone', by: 'host' })
    await settle()
    expect(mic.enabled).toBe(false)
    expect(asked.map((a) => a.type)).not.toContain('mute')
  })
})

it('sends another codec when it is asked to', async () => {
  const { peer, offers, pc, connect } = make()
  await connect()
  await peer.publish('camera', track('video'))
  peer.onRepublish({ publication: 'pub-camera', codec: 'h264' })
  await settle()
  expect(pc().transceivers[3]?.preferences[0]).toBe('video/H264')
  expect(offers()).toHaveLength(3)
})

describe('a quiet path', () => {
  it('is restarted twice, then gets a new connection, and then is given up', async () => {
    const { peer, pc, offers, connect, connections } = make()
    const lost = vi.fn()
    peer.on('lost', lost)
    await connect()
    pc().enter('connected')
    expect(peer.path).toBe('up')
    pc().enter('disconnected')
    expect(peer.path).toBe('quiet')
    await settle()
    expect(pc().restarts).toBe(1)
    expect(offers()).toHaveLength(2)
    await vi.advanceTimersByTimeAsync(7_000)
    expect(pc().restarts).toBe(2)
    await vi.advanceTimersByTimeAsync(7_000)
    expect(connections).toHaveLength(2)
    expect(peer.path).toBe('quiet')
    expect(lost).not.toHaveBeenCalled()
    for (let i = 0; i < 4; i++) {
      pc().enter('failed')
      await vi.advanceTimersByTimeAsync(7_000)
    }
    expect(connections).toHaveLength(3)
    expect(lost).toHaveBeenCalled()
  })

  it('gets a new connection at once when DTLS failed or the browser closed it', async () => {
    const { pc, connect, connections } = make()
    await connect()
    pc().enter('connected', 'failed')
    await settle()
    expect(connections).toHaveLength(2)
    pc().enter('connected')
    await vi.advanceTimersByTimeAsync(7_000)
    pc().enter('closed')
    await settle()
    expect(connections).toHaveLength(3)
    expect(connections.map((c) => c.restarts)).toEqual([0, 0, 0])
  })

  it('gets a new connection when DTLS does not come to an end', async () => {
    const { pc, connect, connections } = make()
    await connect()
    pc().enter('connected', 'connecting')
    await vi.advanceTimersByTimeAsync(12_000)
    expect(connections).toHaveLength(2)
  })

  it('is up again after a restart that helped', async () => {
    const { peer, pc, connect } = make()
    await connect()
    pc().enter('disconnected')
    pc().enter('connected')
    expect(peer.path).toBe('up')
  })

  it('is noticed by its silence', async () => {
    const { peer, pc, connect } = make()
    await connect()
    pc().enter('connected')
    const path = { type: 'candidate-pair', nominated: true, bytesReceived: 100, responsesReceived: 1 }
    for (let second = 0; second < 6; second++) {
      pc().stats = [path, { type: 'outbound-rtp', packetsSent: second * 50 }]
      await vi.advanceTimersByTimeAsync(1_000)
    }
    expect(peer.path).toBe('quiet')
    expect(pc().restarts).toBe(1)
  })

  it('is restarted when the server asks', async () => {
    const { peer, pc, connect } = make()
    await connect()
    peer.onReoffer({ reason: 'ice' })
    await settle()
    expect(pc().restarts).toBe(1)
    peer.onReoffer({ reason: 'slots', slots: 4 })
    await settle()
    expect(peer.slots.filter((s) => s.kind === 'video')).toHaveLength(4)
  })
})

describe('a new connection in the same session', () => {
  const demand = (slot: string, id: string) => ({ slot, source: 'participant', id, width: 640, height: 368 }) as const

  it('has the same tracks, as many slots and the same demands, whatever their mids are now', async () => {
    const { peer, asked, offers, pc, connections, connect } = make({ audio: 1, video: 1 })
    await connect()
    await peer.publish('camera', track('video'))
    await peer.growSlots('video', 2)
    peer.demands.set(demand('1', 'ada'))
    peer.demands.set(demand('3', 'bob'))
    peer.demands.flush()
    const old = peer.slots
    peer.onReoffer({ reason: 'moved' })
    await settle()
    expect(connections.map((c) => c.closed)).toEqual([true, false])
    expect(peer.slots.map((s) => `${s.mid} ${s.kind}`)).toEqual(['0 audio', '1 video', '2 video'])
    expect(peer.slots.some((s) => old.includes(s))).toBe(false)
    expect(offers().at(-1)).toMatchObject({ sdp: 'offer 1', tracks: [{ mid: '3', track: 'camera' }] })
    expect(asked.at(-1)).toMatchObject({ type: 'demand', demands: [demand('1', 'ada'), demand('2', 'bob')] })
    expect(pc().remote).toEqual(['answer to offer 1'])
  })

  it('keeps the ids of publications, so that a mute meanwhile is told', async () => {
    const { peer, asked, connect } = make()
    await connect()
    await peer.publish('microphone', track('audio'))
    peer.onReoffer({ reason: 'moved' })
    void peer.setMuted('microphone', true)
    await settle()
    expect(asked.filter((a) => a.type === 'mute')).toEqual([{ type: 'mute', publication: 'pub-microphone', muted: true }])
  })

  it('is one, also when the server asks twice', async () => {
    const { peer, asked, offers, connections, connect } = make()
    await connect()
    peer.demands.set(demand('1', 'ada'))
    peer.demands.flush()
    peer.onReoffer({ reason: 'moved' })
    peer.onReoffer({ reason: 'moved' })
    await settle()
    expect(connections.filter((c) => !c.closed)).toHaveLength(1)
    expect(offers()).toHaveLength(2)
    expect(asked.at(-1)).toMatchObject({ type: 'demand', demands: [demand('1', 'ada')] })
  })

  it('takes no notice of what becomes of an offer from the old one', async () => {
    const { peer, connect, pc, state } = make()
    await connect()
    const refused = vi.fn()
    peer.on('refused', refused)
    state.fail = new ProtocolError('bad_offer', 'the media connection has just ended')
    const published = peer.publish('screen', track('video'))
    peer.onReoffer({ reason: 'moved' })
    state.fail = undefined
    await published.catch(() => undefined)
    await settle()
    expect(refused).not.toHaveBeenCalled()
    expect(peer.publishedAs('screen')?.publication).toBe('pub-screen')
    expect(pc().remote).toHaveLength(1)
  })

  it('is given up for a new session if the server still has the other end of the old one', async () => {
    const { peer, connect, state } = make()
    const lost = vi.fn()
    const refused = vi.fn()
    peer.on('lost', lost)
    peer.on('refused', refused)
    await connect()
    state.fail = new ProtocolError('bad_offer', 'another certificate', 'sdp.fingerprint')
    await peer.reopen()
    await settle()
    expect(lost).toHaveBeenCalledOnce()
    expect(refused).not.toHaveBeenCalled()
  })

  it('is not watched any more after it was closed while it was made', async () => {
    const { peer, connections } = make()
    const opening = peer.open()
    peer.close()
    const begin = await opening
    begin()
    await settle()
    expect(connections[0]?.closed).toBe(true)
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('a refusal', () => {
  it('takes the line back, so that the next offer is without it', async () => {
    const { peer, offers, pc, connect, state } = make()
    await connect()
    state.fail = new ProtocolError('bad_offer', 'no')
    await peer.publish('screen', track('video')).catch(() => undefined)
    expect(peer.publishedAs('screen')).toBeUndefined()
    expect(pc().transceivers.at(-1)?.stopped).toBe(true)
    state.fail = undefined
    await peer.publish('camera', track('video'))
    expect(offers().at(-1)).toMatchObject({ tracks: [{ track: 'camera' }] })
  })

  it('is tried again when the server says when', async () => {
    const { offers, connect, state } = make()
    state.fail = new ProtocolError('too_many', 'full', undefined, 3_000)
    await connect()
    state.fail = undefined
    await vi.advanceTimersByTimeAsync(2_900)
    expect(offers()).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(200)
    expect(offers()).toHaveLength(2)
  })

  it('for want of the grant leaves one receiving', async () => {
    const { peer, offers, connect, state } = make()
    void peer.publish('camera', track('video'))
    state.fail = new ProtocolError('forbidden', 'the grant publish is missing')
    await connect()
    state.fail = undefined
    const { participant } = joined()
    peer.onJoined({ participant: { ...participant, grants: ['subscribe'] } })
    await settle()
    expect(offers().at(-1)).toMatchObject({ tracks: [] })
    expect(peer.published).toEqual([])
    await peer.publish('microphone', track('audio'))
    expect(peer.published).toEqual([])
  })

  it('of a demand for a slot that is not there yet is told again when it is', async () => {
    const { peer, asked, connect, state } = make()
    await connect()
    state.failDemand = new ProtocolError('not_found', 'no such slot', 'demands[0].slot')
    peer.demands.set({ slot: '1', source: 'none', width: 0, height: 0 })
    peer.demands.flush()
    await settle()
    state.failDemand = undefined
    await peer.growSlots('audio', 2)
    await settle()
    expect(asked.map((a) => a.type)).toEqual(['offer', 'demand', 'offer', 'demand'])
  })
})

describe('a moderator', () => {
  const mutedBefore = () => {
    const { participant } = joined()
    return { participant: { ...participant, publications: [{ ...publication('p', 'microphone', 1, true), mutedBy: 'host' }] } }
  }

  it('stays in force over a reload of the page', async () => {
    const { peer, connect } = make()
    await connect()
    await peer.publish('microphone', track('audio'))
    peer.onJoined(mutedBefore())
    expect(peer.publishedAs('microphone')?.muted).toBe(true)
  })

  it('stays in force for a microphone that is opened after joining, until one unmutes it', async () => {
    const { peer, asked, connect } = make()
    await connect()
    peer.onJoined(mutedBefore())
    await peer.publish('microphone', track('audio'))
    expect(asked.at(-1)).toMatchObject({ type: 'offer', tracks: [{ muted: true }] })
    await peer.setMuted('microphone', false)
    expect(asked.at(-1)).toMatchObject({ type: 'mute', muted: false })
  })
})
