import { Emitter } from './emitter'
import { audioLabel } from './labels'
import type { MediaKind } from './messages'
import type { Peer } from './peer'

/** One RTP stream, received or sent, over the last interval. Rates are bits per second. */
export interface TrackStats {
  direction: 'in' | 'out'
  mid: string
  kind: MediaKind
  rid: string | undefined
  /** The number of the publication that is received; undefined when sending. */
  number: number | undefined
  codec: string
  width: number
  height: number
  fps: number
  bitrate: number
  /** Share of packets lost, 0 to 1. */
  loss: number
  jitterMs: number | undefined
  rttMs: number | undefined
  /** Since the beginning. */
  bytes: number
  packets: number
  frames: number
  freezes: number
  /** Why the browser sends less than asked: `cpu`, `bandwidth`; else `none`. */
  limitation: string
}

/** The path that media takes. */
export interface PathStats {
  rttMs: number | undefined
  protocol: string
  local: string
  remote: string
  availableOutgoing: number | undefined
}

export interface StatsSample {
  at: number
  tracks: TrackStats[]
  path: PathStats | undefined
}

type Entry = Record<string, unknown> & { id: string; type: string }
interface Before {
  at: number
  bytes: number
  packets: number
  lost: number
}

/** Reads statistics of the peer's connection, once or every second while somebody listens. */
export class Stats extends Emitter<{ sample: StatsSample }> {
  readonly #peer: Peer
  readonly #before = new Map<string, Before>()
  #watchers = 0
  #timer: ReturnType<typeof setInterval> | undefined

  constructor(peer: Peer) {
    super()
    this.#peer = peer
  }

  /** Samples every second until the returned function is called. */
  watch(listener: (sample: StatsSample) => void): () => void {
    const off = this.on('sample', listener)
    this.#watchers += 1
    this.#timer ??= setInterval(() => void this.#tick(), 1_000)
    void this.#tick()
    return () => {
      off()
      this.#watchers -= 1
      if (this.#watchers > 0) return
      clearInterval(this.#timer)
      this.#timer = undefined
    }
  }

  /** What is true now; rates are over the time since the previous call. */
  async sample(): Promise<StatsSample> {
    const report = await this.#peer.connection?.getStats()
    const at = Date.now()
    if (!report) return { at, tracks: [], path: undefined }
    const entries = new Map<string, Entry>()
    report.forEach((entry: Entry) => entries.set(entry.id, entry))
    const tracks = [...entries.values()].flatMap((entry) => {
      if (entry.type === 'inbound-rtp') return [this.#inbound(entry, entries, at)]
      if (entry.type === 'outbound-rtp') return [this.#outbound(entry, entries, at)]
      return []
    })
    return { at, tracks: tracks.toSorted(byLine), path: readPath(entries) }
  }

  async #tick(): Promise<void> {
    this.emit('sample', await this.sample())
  }

  #inbound(entry: Entry, entries: Map<string, Entry>, at: number): TrackStats {
    const { bitrate, loss } = this.#rates(entry, at, num(entry.bytesReceived), num(entry.packetsReceived), num(entry.packetsLost))
    const mid = str(entry.mid)
    return {
      ...common(entry, entries),
      direction: 'in',
      number: this.#numberOf(mid),
      bitrate,
      loss,
      jitterMs: ms(entry.jitter),
      rttMs: undefined,
      bytes: num(entry.bytesReceived),
      packets: num(entry.packetsReceived),
      frames: num(entry.framesDecoded),
      freezes: num(entry.freezeCount),
      limitation: 'none',
    }
  }

  #outbound(entry: Entry, entries: Map<string, Entry>, at: number): TrackStats {
    const { bitrate } = this.#rates(entry, at, num(entry.bytesSent), num(entry.packetsSent), 0)
    const remote = entries.get(str(entry.remoteId))
    return {
      ...common(entry, entries),
      direction: 'out',
      number: undefined,
      bitrate,
      loss: num(remote?.fractionLost),
      jitterMs: ms(remote?.jitter),
      rttMs: ms(remote?.roundTripTime),
      bytes: num(entry.bytesSent),
      packets: num(entry.packetsSent),
      frames: num(entry.framesEncoded),
      freezes: 0,
      limitation: str(entry.qualityLimitationReason) || 'none',
    }
  }

  #rates(entry: Entry, at: number, bytes: number, packets: number, lost: number) {
    const before = this.#before.get(entry.id)
    this.#before.set(entry.id, { at, bytes, packets, lost })
    if (!before || at <= before.at || bytes < before.bytes) return { bitrate: 0, loss: 0 }
    const newLost = Math.max(0, lost - before.lost)
    const expected = packets - before.packets + newLost
    return {
      bitrate: ((bytes - before.bytes) * 8_000) / (at - before.at),
      loss: expected > 0 ? newLost / expected : 0,
    }
  }

  #numberOf(mid: string): number | undefined {
    const slot = this.#peer.slots.find((s) => s.mid === mid)
    if (slot?.kind === 'audio') return audioLabel(slot.receiver.getContributingSources())
    return this.#peer.labels.picture(mid)
  }
}

function common(entry: Entry, entries: Map<string, Entry>) {
  const codec = entries.get(str(entry.codecId))
  return {
    mid: str(entry.mid),
    kind: entry.kind === 'audio' ? ('audio' as const) : ('video' as const),
    rid: typeof entry.rid === 'string' ? entry.rid : undefined,
    codec: str(codec?.mimeType).replace(/^.*\//, ''),
    width: num(entry.frameWidth),
    height: num(entry.frameHeight),
    fps: num(entry.framesPerSecond),
  }
}

function readPath(entries: Map<string, Entry>): PathStats | undefined {
  const pairs = [...entries.values()].filter((e) => e.type === 'candidate-pair')
  const pair = pairs.find((e) => e.selected === true) ?? pairs.find((e) => e.nominated === true && e.state === 'succeeded')
  if (!pair) return undefined
  const local = entries.get(str(pair.localCandidateId))
  const remote = entries.get(str(pair.remoteCandidateId))
  return {
    rttMs: ms(pair.currentRoundTripTime),
    protocol: str(local?.relayProtocol) || str(local?.protocol),
    local: address(local),
    remote: address(remote),
    availableOutgoing: typeof pair.availableOutgoingBitrate === 'number' ? pair.availableOutgoingBitrate : undefined,
  }
}

function address(candidate: Entry | undefined): string {
  return candidate ? `${str(candidate.candidateType)} ${str(candidate.address)}:${num(candidate.port)}` : ''
}

function byLine(a: TrackStats, b: TrackStats): number {
  return a.direction.localeCompare(b.direction) || Number(a.mid) - Number(b.mid) || a.width - b.width
}

function num(value: unknown): number {
  return typeof value === 'number' ? value : 0
}

function str(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function ms(seconds: unknown): number | undefined {
  return typeof seconds === 'number' ? seconds * 1_000 : undefined
}
