import { expect, it } from 'vitest'
import { PathMeter, pathCounters } from './path'

/** Samples once a second; each step is [heard, sent, received] added since the one before. */
function verdicts(steps: [number, number, number][], flowing = true): string[] {
  const meter = new PathMeter()
  const counters = { heard: 0, packetsSent: 0, packetsReceived: 0 }
  return steps.map(([heard, sent, received], second) => {
    counters.heard += heard
    counters.packetsSent += sent
    counters.packetsReceived += received
    return meter.sample(second * 1_000, { ...counters }, flowing)
  })
}

it('is quiet after three seconds of sending into silence', () => {
  expect(verdicts([[100, 50, 50], [100, 50, 50], [0, 50, 0], [0, 50, 0], [0, 50, 0]])).toEqual([
    'unknown',
    'heard',
    'unknown',
    'unknown',
    'quiet',
  ])
})

it('is quiet when media that flows stops coming', () => {
  expect(verdicts([[9, 0, 9], [9, 0, 9], [0, 0, 0], [0, 0, 0], [0, 0, 0]]).at(-1)).toBe('quiet')
})

it('is not quiet when everybody is muted', () => {
  expect(verdicts([[9, 0, 9], [9, 0, 9], [0, 0, 0], [0, 0, 0], [0, 0, 0], [0, 0, 0]], false).at(-1)).toBe('unknown')
})

it('is not quiet in a room where nobody ever sent', () => {
  expect(verdicts([[1, 0, 0], [0, 0, 0], [0, 0, 0], [0, 0, 0], [0, 0, 0]]).at(-1)).toBe('unknown')
})

it('is heard again', () => {
  expect(verdicts([[9, 9, 9], [0, 20, 0], [0, 20, 0], [0, 20, 0], [1, 20, 0]]).at(-1)).toBe('heard')
})

it('reads the counters of the pair in use', () => {
  const report = new Map<string, object>([
    ['a', { type: 'candidate-pair', nominated: true, bytesReceived: 1_000, responsesReceived: 3 }],
    ['b', { type: 'candidate-pair', nominated: false, bytesReceived: 7, responsesReceived: 7 }],
    ['c', { type: 'outbound-rtp', packetsSent: 11 }],
    ['d', { type: 'outbound-rtp', packetsSent: 2 }],
    ['e', { type: 'inbound-rtp', packetsReceived: 5 }],
  ])
  expect(pathCounters(report as RTCStatsReport)).toEqual({ heard: 1_003, packetsSent: 13, packetsReceived: 5 })
})
