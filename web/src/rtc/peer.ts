import { Demands } from './demands'
import { Emitter } from './emitter'
import { ProtocolError } from './errors'
import { Labels } from './labels'
import type { Answer, Codec, Demand, MediaKind, ReplyTo, Request, ServerEvents, SlotState, TrackSource } from './messages'
import { PathMeter, pathCounters } from './path'
import { Published } from './published'
import type { Slot } from './slot'

export type PathState = 'connecting' | 'up' | 'quiet'

export interface PeerEvents {
  /** The slots are other ones, or what flows through one changed. */
  slots: readonly Slot[]
  path: PathState
  /** What one publishes changed. */
  published: undefined
  /** ICE restarts do not help: only a new session does. */
  lost: undefined
  /** The browser could not make an offer, or the server did not take it. */
  refused: Error
}

export interface PeerOptions {
  /** Asks the server: Session.request. */
  request: <T extends Request>(body: T) => Promise<ReplyTo[T['type']]>
  /** Receiving lines at the start; more are added when they are useful. */
  slots?: { audio: number; video: number }
  /** What to demand in the first breath, before it is known who is there. */
  firstDemands?: (slots: readonly Slot[]) => Demand[]
  createConnection?: () => RTCPeerConnection
}

const DEFAULT_SLOTS = { audio: 4, video: 9 }
const PATH_CHECK = 1_000
/** An ICE restart has so long to bring the path back before the next is offered. */
const RESTART_PATIENCE = 6_000
const MAX_RESTARTS = 3

/**
 * The media of a session: one peer connection at a time, with a fixed set of slots to receive and a
 * line for each track that is published. It always makes the offer.
 */
export class Peer extends Emitter<PeerEvents> {
  readonly labels = new Labels()
  readonly demands: Demands
  readonly #options: PeerOptions
  readonly #count: { audio: number; video: number }
  readonly #published = new Map<TrackSource, Published>()
  #pc: RTCPeerConnection | undefined
  #lines: { kind: MediaKind; transceiver: RTCRtpTransceiver }[] = []
  #slots: readonly Slot[] = []
  #states = new Map<string, SlotState>()
  #path: PathState = 'connecting'
  #meter = new PathMeter()
  #pathTimer: ReturnType<typeof setInterval> | undefined
  #restarts = 0
  #restartedAt = 0
  #answered = false
  #dirty = false
  #negotiating: Promise<void> | undefined
  /** Ends the wait for the first offer to be sent. */
  #begin: (exchange?: Promise<void>) => void = () => undefined

  constructor(options: PeerOptions) {
    super()
    this.#options = options
    this.#count = { ...(options.slots ?? DEFAULT_SLOTS) }
    this.demands = new Demands((demands) => {
      options.request({ type: 'demand', demands }).catch(() => undefined)
    })
  }

  /** The receiving lines: audio first, each kind with its lead slot first. */
  get slots(): readonly Slot[] {
    return this.#slots
  }

  get path(): PathState {
    return this.#path
  }

  /** The connection of the moment, for statistics. */
  get connection(): RTCPeerConnection | undefined {
    return this.#pc
  }

  get published(): readonly Published[] {
    return [...this.#published.values()]
  }

  publishedAs(source: TrackSource): Published | undefined {
    return this.#published.get(source)
  }

  /** Makes a new connection for a new session; the function resolved to sends its offer and demands. */
  async open(): Promise<() => void> {
    this.close()
    const pc = this.#options.createConnection?.() ?? new RTCPeerConnection({ bundlePolicy: 'max-bundle' })
    this.#pc = pc
    pc.addEventListener('iceconnectionstatechange', () => this.#onIceState(pc))
    for (const kind of ['audio', 'video'] as const) {
      for (let i = 0; i < this.#count[kind]; i++) this.#addLine(pc, kind)
    }
    for (const published of this.#published.values()) published.addTo(pc)
    const begun = new Promise<void>((resolve) => {
      this.#begin = resolve
    })
    this.#run(() => begun).catch(() => undefined)
    await pc.setLocalDescription(await pc.createOffer())
    this.#readSlots()
    for (const demand of this.#options.firstDemands?.(this.#slots) ?? []) this.demands.set(demand)
    this.#pathTimer = setInterval(() => void this.#checkPath(pc), PATH_CHECK)
    return () => {
      this.#begin(this.#exchange(pc))
      this.demands.flush()
    }
  }

  /** Ends the connection; what is published stays published for the next one. */
  close(): void {
    clearInterval(this.#pathTimer)
    this.#pc?.close()
    this.#pc = undefined
    this.#begin()
    this.#answered = false
    this.#dirty = false
    this.#negotiating = undefined
    this.#lines = []
    this.#slots = []
    this.#states = new Map()
    this.#meter.reset()
    this.#restarts = 0
    this.labels.reset()
    this.demands.clear()
    this.#setPath('connecting')
  }

  /** Publishes a track. A source publishes one track; another one replaces it on the same line. */
  async publish(source: TrackSource, track: MediaStreamTrack, { muted = false, stream = new MediaStream([track]) } = {}) {
    if (this.#published.has(source)) {
      await this.setMuted(source, muted, track)
      return
    }
    const published = new Published(source, track, stream, muted)
    this.#published.set(source, published)
    this.emit('published', undefined)
    if (!this.#pc) return
    published.addTo(this.#pc)
    await this.#negotiate()
  }

  /** Ends a publication and its line; the track is the caller's to stop. */
  async unpublish(source: TrackSource): Promise<void> {
    const published = this.#published.get(source)
    if (!published) return
    this.#published.delete(source)
    this.emit('published', undefined)
    published.transceiver?.stop()
    if (!this.#pc) return
    if (published.publication) {
      this.#options.request({ type: 'unpublish', publication: published.publication }).catch(() => undefined)
    }
    await this.#negotiate()
  }

  /**
   * Mutes or unmutes without a new offer. A muted microphone is kept open and silent; a muted camera
   * is let go, so that its light goes out, and needs a `track` to come back.
   */
  async setMuted(source: TrackSource, muted: boolean, track?: MediaStreamTrack): Promise<void> {
    const published = this.#published.get(source)
    if (!published) return
    published.muted = muted
    if (muted) {
      const told = this.#tellMuted(published)
      await this.#setTrack(published, source === 'camera' ? null : (track ?? published.track))
      await told
    } else {
      await this.#setTrack(published, track ?? published.track)
      await this.#tellMuted(published)
    }
  }

  /** Another device for a source, in the middle of the call. */
  async replaceTrack(source: TrackSource, track: MediaStreamTrack): Promise<void> {
    const published = this.#published.get(source)
    if (published) await this.#setTrack(published, track)
  }

  /** Sends a source in another codec from the next offer on, which follows at once. */
  async preferCodec(source: TrackSource, codec: Codec): Promise<void> {
    this.#published.get(source)?.prefer(codec)
    await this.#negotiate()
  }

  /** Makes sure that there are at least so many slots. */
  async growSlots(kind: MediaKind, count: number): Promise<void> {
    const missing = count - this.#count[kind]
    if (missing <= 0) return
    this.#count[kind] = count
    const pc = this.#pc
    if (!pc) return
    for (let i = 0; i < missing; i++) this.#addLine(pc, kind)
    await this.#negotiate()
  }

  /** Offers an ICE restart: the path is quiet, or the network is another one. */
  restartIce(): void {
    if (!this.#pc) return
    this.#restarts += 1
    this.#restartedAt = Date.now()
    this.#pc.restartIce()
    this.#negotiate().catch(() => undefined)
  }

  /** The session stands: offers again if the first offer came too early, as it does while one waits. */
  onJoined(): void {
    const first = this.#negotiating ?? Promise.resolve()
    void first
      .catch(() => undefined)
      .then(() => {
        if (this.#answered || !this.#pc) return
        this.#negotiate().catch(() => undefined)
        this.demands.forgetTold()
      })
  }

  /** Takes a `slots` event. */
  onSlots({ slots }: ServerEvents['slots']): void {
    for (const state of slots) {
      this.#states.set(state.slot, state)
      this.labels.announce(state)
    }
    this.#readSlots()
  }

  /** Takes a `republish` event: somebody can't decode what one sends. */
  onRepublish({ publication, codec }: ServerEvents['republish']): void {
    const found = this.published.find((p) => p.publication === publication)
    if (found) this.preferCodec(found.source, codec).catch(() => undefined)
  }

  /** Takes a `reoffer` event. */
  onReoffer({ reason, slots = 0 }: ServerEvents['reoffer']): void {
    if (reason === 'ice') this.restartIce()
    else if (reason === 'slots' && slots > this.#count.video) this.growSlots('video', slots).catch(() => undefined)
    else this.#negotiate().catch(() => undefined)
  }

  /** Takes a `muted` event: a moderator muted one of one's publications. */
  onMuted({ publication }: ServerEvents['muted']): void {
    const found = this.published.find((p) => p.publication === publication)
    if (!found) return
    found.announcedMuted = true
    this.setMuted(found.source, true).catch(() => undefined)
  }

  async #setTrack(published: Published, track: MediaStreamTrack | null): Promise<void> {
    const old = published.track
    published.track = track
    if (track) track.enabled = !published.muted
    this.emit('published', undefined)
    if (old === track) return
    // The line is emptied before the device is let go, or receivers would get black frames.
    await published.transceiver?.sender.replaceTrack(track)
    old?.stop()
  }

  #addLine(pc: RTCPeerConnection, kind: MediaKind): void {
    this.#lines.push({ kind, transceiver: pc.addTransceiver(kind, { direction: 'recvonly' }) })
  }

  /** Offers until what was asked for while an offer was under way is offered too. */
  #negotiate(): Promise<void> {
    const pc = this.#pc
    if (!pc) return Promise.resolve()
    this.#dirty = true
    return (
      this.#negotiating ??
      this.#run(async () => {
        await Promise.resolve() // so that what is asked for in one go is offered in one go
        await this.#offer(pc)
      })
    )
  }

  #run(first: () => Promise<void>): Promise<void> {
    const pc = this.#pc
    const running = (async () => {
      await first()
      while (this.#dirty && pc && pc === this.#pc) await this.#offer(pc)
    })().catch((error: unknown) => {
      if (pc === this.#pc && error instanceof Error && !isPassing(error)) this.emit('refused', error)
      throw error
    }).finally(() => {
      if (this.#negotiating === running) this.#negotiating = undefined
    })
    this.#negotiating = running
    return running
  }

  async #offer(pc: RTCPeerConnection): Promise<void> {
    this.#dirty = false
    await pc.setLocalDescription(await pc.createOffer())
    this.#readSlots()
    await this.#exchange(pc)
  }

  async #exchange(pc: RTCPeerConnection): Promise<void> {
    const sent = this.published.filter((p) => p.transceiver?.mid)
    const tracks = sent.flatMap((p) => p.describe() ?? [])
    for (const p of sent) p.announcedMuted = p.muted
    const sdp = pc.localDescription?.sdp ?? ''
    try {
      const answer = await this.#options.request({ type: 'offer', sdp, tracks })
      if (pc === this.#pc) await this.#accept(pc, answer)
    } catch (error) {
      if (pc !== this.#pc || !(error instanceof ProtocolError)) throw error
      if (pc.signalingState === 'have-local-offer') await pc.setLocalDescription({ type: 'rollback' })
      throw error
    }
  }

  async #accept(pc: RTCPeerConnection, answer: Answer): Promise<void> {
    this.onSlots(answer)
    for (const { mid, publication } of answer.publications) {
      const found = this.published.find((p) => p.transceiver?.mid === mid)
      if (found) found.publication = publication
    }
    this.#answered = true
    await pc.setRemoteDescription({ type: 'answer', sdp: answer.sdp })
    this.emit('published', undefined)
    for (const p of this.published) if (p.publication) await this.#tellMuted(p)
  }

  async #tellMuted(published: Published): Promise<void> {
    const { publication, muted } = published
    if (publication === undefined || published.announcedMuted === muted) return
    published.announcedMuted = muted
    await this.#options.request({ type: 'mute', publication, muted })
  }

  /** Rebuilds the list of slots after an offer gave new lines their mids, or a state changed. */
  #readSlots(): void {
    const leads = new Set<MediaKind>()
    this.#slots = this.#lines.flatMap(({ kind, transceiver: { mid, receiver } }) => {
      if (mid === null) return []
      const old = this.#slots.find((slot) => slot.mid === mid)
      const state = this.#states.get(mid) ?? old?.state ?? { slot: mid, kind }
      const lead = !leads.has(kind)
      leads.add(kind)
      if (old?.state === state) return [old]
      return [{ mid, kind, lead, receiver, stream: old?.stream ?? new MediaStream([receiver.track]), state }]
    })
    this.emit('slots', this.#slots)
  }

  #onIceState(pc: RTCPeerConnection): void {
    if (pc !== this.#pc) return
    const state = pc.iceConnectionState
    if (state === 'connected' || state === 'completed') this.#onHeard()
    else if (state === 'disconnected' || state === 'failed') this.#onQuiet()
  }

  async #checkPath(pc: RTCPeerConnection): Promise<void> {
    if (this.#path === 'connecting' && pc.iceConnectionState === 'new') return
    const counters = pathCounters(await pc.getStats())
    if (pc !== this.#pc) return
    const flowing = this.#slots.some(({ state }) => state.publication !== undefined && state.paused === undefined)
    const verdict = this.#meter.sample(Date.now(), counters, flowing)
    if (verdict === 'quiet' || (this.#path === 'quiet' && verdict === 'unknown')) this.#onQuiet()
    else if (verdict === 'heard' && this.#path === 'quiet' && pc.iceConnectionState !== 'failed') this.#onHeard()
  }

  #onHeard(): void {
    this.#restarts = 0
    this.#setPath('up')
  }

  #onQuiet(): void {
    this.#setPath('quiet')
    if (this.#negotiating || Date.now() - this.#restartedAt < RESTART_PATIENCE) return
    if (this.#restarts >= MAX_RESTARTS) this.emit('lost', undefined)
    else this.restartIce()
  }

  #setPath(path: PathState): void {
    if (this.#path === path) return
    this.#path = path
    this.emit('path', path)
  }
}

/** The session ended meanwhile, or did not stand yet: the offer is made again then. */
function isPassing(error: Error): boolean {
  return error instanceof ProtocolError && (error.code === 'session_lost' || error.code === 'out_of_order')
}
