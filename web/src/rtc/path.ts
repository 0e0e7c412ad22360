import { TIMING } from './backoff'

/** What is known of the media path at one moment; all counts only grow. */
export interface PathCounters {
  /** Bytes and answered ICE checks: anything heard. */
  heard: number
  packetsSent: number
  packetsReceived: number
}

/** So many packets sent without an echo (feedback, reports) are proof of a broken path. */
const SENT_WITHOUT_ECHO = 10

/**
 * Judges from counters read once a second whether the media path has gone quiet. Silence alone says
 * nothing in a room where nobody sends; it counts when packets were sent into it or when media that
 * should still flow stopped.
 */
export class PathMeter {
  #last: PathCounters | undefined
  #heardAt = 0
  #sentWhenHeard = 0
  #wasReceiving = false

  /** `flowing`: the server says that something flows through some slot. */
  sample(now: number, counters: PathCounters, flowing: boolean): 'heard' | 'unknown' | 'quiet' {
    const last = this.#last
    this.#last = counters
    if (counters.heard !== last?.heard) {
      this.#heardAt = now
      this.#sentWhenHeard = counters.packetsSent
      this.#wasReceiving = last !== undefined && counters.packetsReceived - last.packetsReceived > 1
      return last ? 'heard' : 'unknown'
    }
    const unanswered = counters.packetsSent - this.#sentWhenHeard >= SENT_WITHOUT_ECHO
    const missing = this.#wasReceiving && flowing
    return now - this.#heardAt >= TIMING.quietPath && (unanswered || missing) ? 'quiet' : 'unknown'
  }

  reset(): void {
    this.#last = undefined
  }
}

/** Reads the counters out of a connection's statistics. */
export function pathCounters(report: RTCStatsReport): PathCounters {
  const counters: PathCounters = { heard: 0, packetsSent: 0, packetsReceived: 0 }
  report.forEach((entry: Record<string, unknown>) => {
    if (entry.type === 'candidate-pair' && (entry.nominated === true || entry.selected === true)) {
      counters.heard += number(entry.bytesReceived) + number(entry.responsesReceived)
    } else if (entry.type === 'outbound-rtp') counters.packetsSent += number(entry.packetsSent)
    else if (entry.type === 'inbound-rtp') counters.packetsReceived += number(entry.packetsReceived)
  })
  return counters
}

function number(value: unknown): number {
  return typeof value === 'number' ? value : 0
}
