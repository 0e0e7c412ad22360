import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { Labels } from './labels'
import type { Peer } from './peer'
import { Stats } from './stats'

function make(entries: () => object[]) {
  const labels = new Labels()
  labels.announce({ slot: '4', kind: 'video', publication: 'p', number: 77, rtpTimestamp: 0 })
  labels.frame('4', { rtpTimestamp: 1 }, [])
  const connection = { getStats: () => Promise.resolve(new Map(entries().map((e) => [(e as { id: string }).id, e]))) }
  const slots = [
    { mid: '0', kind: 'audio', receiver: { getContributingSources: () => [{ source: 55, rtpTimestamp: 0, timestamp: 1 }] } },
    { mid: '4', kind: 'video' },
  ]
  return new Stats({ connection, slots, labels } as unknown as Peer)
}

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

it('measures between two samples', async () => {
  let second = 0
  const stats = make(() => [
    { id: 'codec', type: 'codec', mimeType: 'video/VP8' },
    {
      id: 'in',
      type: 'inbound-rtp',
      kind: 'video',
      mid: '4',
      codecId: 'codec',
      bytesReceived: 125_000 * second,
      packetsReceived: 90 * second,
      packetsLost: 10 * second,
      jitter: 0.012,
      frameWidth: 1280,
      frameHeight: 720,
      framesPerSecond: 30,
      framesDecoded: 30 * second,
    },
    { id: 'out', type: 'outbound-rtp', kind: 'audio', mid: '13', bytesSent: 4_000 * second, remoteId: 'remote' },
    { id: 'remote', type: 'remote-inbound-rtp', roundTripTime: 0.05, fractionLost: 0.25 },
    { id: 'audio', type: 'inbound-rtp', kind: 'audio', mid: '0' },
    { id: 'pair', type: 'candidate-pair', nominated: true, state: 'succeeded', currentRoundTripTime: 0.02, localCandidateId: 'l' },
    { id: 'l', type: 'local-candidate', protocol: 'udp', candidateType: 'host', address: '127.0.0.1', port: 9 },
  ])
  await stats.sample()
  second = 1
  await vi.advanceTimersByTimeAsync(1_000)
  const { tracks, path } = await stats.sample()
  expect(tracks.map((t) => `${t.direction} ${t.mid}`)).toEqual(['in 0', 'in 4', 'out 13'])
  expect(tracks[0]?.number).toBe(55)
  expect(tracks[1]).toMatchObject({ number: 77, codec: 'VP8', width: 1280, bitrate: 1_000_000, loss: 0.1, jitterMs: 12, frames: 30 })
  expect(tracks[2]).toMatchObject({ bitrate: 32_000, rttMs: 50, loss: 0.25, limitation: 'none' })
  expect(path).toMatchObject({ rttMs: 20, protocol: 'udp', local: 'host 127.0.0.1:9' })
})

it('samples every second while somebody watches', async () => {
  const stats = make(() => [])
  const seen = vi.fn()
  const stop = stats.watch(seen)
  await vi.advanceTimersByTimeAsync(2_500)
  expect(seen).toHaveBeenCalledTimes(3)
  stop()
  await vi.advanceTimersByTimeAsync(5_000)
  expect(seen).toHaveBeenCalledTimes(3)
})
