import { Demands } from './demands'
import { Emitter } from './emitter'
import { ProtocolError, isPassing, isRefusal } from './errors'
import { Labels } from './labels'
import type { Answer, Codec, Demand, Joined, MediaKind, ReplyTo, Request, ServerEvents, TrackSource } from './messages'
import { Negotiator } from './negotiator'
import { PathKeeper, type PathState, type Remedy } from './pathkeeper'
import { Published } from './published'
import type { Slot } from './slot'
import { type Carried, Slots, carryOver } from './slots'

export interface PeerEvents {
  /** The slots are other ones, or what flows through one changed. */
  slots: readonly Slot[]
  path: PathState
  /** What one publishes changed. */
  published: undefined
  /** Neither ICE restarts nor new connections help: only a new session does. */
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
/** A refused demand is told again after so long, unless the server says how long. */
const TELL_AGAIN = 2_000

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
  readonly #keeper = new PathKeeper()
  #pc: RTCPeerConnection | undefined
  #negotiator: Negotiator | undefined
  #slots = new Slots()
  /** As last told: those of the old connection until a new one has its own. */
  #list: readonly Slot[] = []
  /** Demands on their way from one connection to the next. */
  #carried: Carried | undefined
  #answered = false
  #mayPublish = true
  /** Sources that a moderator muted before this page came (back). */
  #mutedByOthers = new Set<string>()
  #retellDemands = false
  #retry: ReturnType<typeof setTimeout> | undefined
  /** Ends the wait for the first offer to be sent. */
  #begin: (exchange?: Promise<void>) => void = () => undefined

  constructor(options: PeerOptions) {
    super()
    this.#options = options
    this.#count = { ...(options.slots ?? DEFAULT_SLOTS) }
    this.demands = new Demands((demands) => {
      options.request({ type: 'demand', demands }).catch((error: unknown) => this.#onDemandRefused(error))
    })
    this.#keeper.on('path', (path) => this.emit('path', path))
    this.#keeper.on('remedy', (remedy) => this.#remedy(remedy))
  }

  /** The receiving lines: audio first, each kind with its lead slot first. */
  get slots(): readonly Slot[] {
    return this.#list
  }

  get path(): PathState {
    return this.#keeper.state
  }

  /** The connection of the moment, for statistics. */
  get connection(): RTCPeerConnection | undefined {
    return this.#pc
  }

  /** Whether the server said that one may: what is published otherwise is ignored. */
  get mayPublish(): boolean {
    return this.#mayPublish
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
    for (const published of this.#published.values()) published.publication = undefined
    return this.#build(true, (slots) => this.#options.firstDemands?.(slots) ?? [])
  }

  /**
   * Makes a new connection in the same session, since an end of the old one is gone: with the same
   * tracks, as many slots, and the same demands in them.
   */
  async reopen(): Promise<void> {
    if (!this.#pc) return
    const carried = this.#carried ?? this.#list.map(({ kind, mid }) => ({ kind, demand: this.demands.get(mid) }))
    this.#carried = carried
    this.#keeper.interrupted()
    this.#drop()
    const begin = await this.#build(false, (slots) => carryOver(carried, slots))
    begin()
  }

  /** Ends the connection; what is published stays published for the next one. */
  close(): void {
    this.#keeper.stop()
    this.#drop()
    this.#list = []
    this.#carried = undefined
  }

  /** Publishes a track. A source publishes one track; another one replaces it on the same line. */
  async publish(source: TrackSource, track: MediaStreamTrack, { muted = false, stream = new MediaStream([track]) } = {}) {
    if (this.#published.has(source)) {
      await this.setMuted(source, muted, track)
      return
    }
    if (!this.#mayPublish) {
      this.emit('published', undefined)
      return
    }
    const published = new Published(source, track, stream, muted)
    this.#published.set(source, published)
    if (this.#mutedByOthers.delete(source)) await this.#onMutedByOther(published)
    this.emit('published', undefined)
    const pc = this.#pc
    if (!pc) return
    published.addTo(pc)
    try {
      await this.#negotiate()
    } catch (error) {
      // A line that the server does not want would spoil every offer from now on.
      if (pc === this.#pc && isRefusal(error) && this.#published.get(source) === published) this.#withdraw(published)
      throw error
    }
  }

  /** Ends a publication and its line; the track is the caller's to stop. */
  async unpublish(source: TrackSource): Promise<void> {
    const published = this.#published.get(source)
    if (!published) return
    this.#withdraw(published)
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
    if (this.#published.get(source)?.prefer(codec)) await this.#negotiate()
  }

  /** Makes sure that there are at least so many slots. */
  async growSlots(kind: MediaKind, count: number): Promise<void> {
    const missing = count - this.#count[kind]
    if (missing <= 0) return
    this.#count[kind] = count
    const pc = this.#pc
    if (!pc) return
    for (let i = 0; i < missing; i++) this.#slots.add(pc, kind)
    await this.#negotiate()
  }

  /** Offers an ICE restart: the path is quiet, or the network is another one. */
  restartIce(): void {
    if (!this.#pc) return
    this.#keeper.restarted()
    this.#pc.restartIce()
    this.#negotiate().catch(() => undefined)
  }

  /** The session stands: offers again if the first offer came too early, as it does while one waits. */
  onJoined({ participant }: Pick<Joined, 'participant'>): void {
    this.#mutedByOthers = new Set(participant.publications.filter((p) => p.mutedBy !== undefined).map((p) => p.track))
    for (const published of this.published) {
      if (this.#mutedByOthers.delete(published.source)) void this.#onMutedByOther(published)
    }
    this.#mayPublish = participant.grants.includes('publish')
    if (!this.#mayPublish && this.#published.size > 0) {
      this.#published.clear()
      this.emit('published', undefined)
      this.reopen().catch(() => undefined) // the offer under way is refused whole
      return
    }
    const pc = this.#pc
    void this.#negotiator?.settled().then(() => {
      if (this.#answered || !pc || pc !== this.#pc) return
      this.#negotiate().catch(() => undefined)
      this.demands.forgetTold()
    })
  }

  /** Takes a `slots` event. */
  onSlots({ slots }: ServerEvents['slots']): void {
    this.#slots.take(slots)
    for (const state of slots) this.labels.announce(state)
    this.#readSlots()
  }

  /** Takes a `republish` event: somebody can't decode what one sends. */
  onRepublish({ publication, codec }: ServerEvents['republish']): void {
    const found = this.published.find((p) => p.publication === publication)
    if (found) this.preferCodec(found.source, codec).catch(() => undefined)
  }

  /** Takes a `reoffer` event. */
  onReoffer({ reason, slots = 0 }: ServerEvents['reoffer']): void {
    if (reason === 'moved') this.reopen().catch(() => undefined)
    else if (reason === 'ice') this.restartIce()
    else if (reason === 'slots' && slots > this.#count.video) this.growSlots('video', slots).catch(() => undefined)
    else this.#negotiate().catch(() => undefined)
  }

  /** Takes a `muted` event: a moderator muted one of one's publications. */
  onMuted({ publication }: ServerEvents['muted']): void {
    const found = this.published.find((p) => p.publication === publication)
    if (found) this.#onMutedByOther(found).catch(() => undefined)
  }

  async #onMutedByOther(published: Published): Promise<void> {
    published.announcedMuted = true
    await this.setMuted(published.source, true)
  }

  /** What a publication is made of is taken away; its track is the caller's. */
  #withdraw(published: Published): void {
    this.#published.delete(published.source)
    published.transceiver?.stop()
    this.emit('published', undefined)
  }

  async #setTrack(published: Published, track: MediaStreamTrack | null): Promise<void> {
    const { transceiver } = published
    const swapped = published.swap(track)
    this.emit('published', undefined)
    await swapped.catch((error: unknown) => {
      if (transceiver === published.transceiver && this.#pc?.signalingState !== 'closed') throw error // else the next connection begins with it
    })
  }

  /** Makes a connection with all lines, and demands in its slots. */
  async #build(anew: boolean, demandsFor: (slots: readonly Slot[]) => Demand[]): Promise<() => void> {
    const pc = this.#options.createConnection?.() ?? new RTCPeerConnection({ bundlePolicy: 'max-bundle' })
    const slots = new Slots()
    this.#pc = pc
    this.#slots = slots
    for (const kind of ['audio', 'video'] as const) {
      for (let i = 0; i < this.#count[kind]; i++) slots.add(pc, kind)
    }
    for (const published of this.#published.values()) published.addTo(pc)
    const negotiator = new Negotiator(() => this.#offer(pc))
    this.#negotiator = negotiator
    const begun = new Promise<void>((resolve) => {
      this.#begin = resolve
    })
    negotiator.begin(() => begun).catch(() => undefined)
    await pc.setLocalDescription(await pc.createOffer())
    if (pc !== this.#pc) return () => undefined
    this.#list = slots.read()
    this.#carried = undefined
    this.demands.clear() // of what was said of the old slots meanwhile
    for (const demand of demandsFor(this.#list)) this.demands.set(demand)
    this.emit('slots', this.#list)
    const flowing = () => slots.list.some(({ state }) => state.publication !== undefined && state.paused === undefined)
    this.#keeper.watch({ pc, flowing, busy: () => negotiator.busy }, anew)
    return () => {
      if (pc !== this.#pc) return
      this.#begin(this.#guard(pc, this.#exchange(pc), !anew))
      this.demands.flush()
    }
  }

  /** Lets the connection go, but not what is known of slots: others of the same kind follow. */
  #drop(): void {
    clearTimeout(this.#retry)
    this.#negotiator?.stop()
    this.#negotiator = undefined
    this.#pc?.close()
    this.#pc = undefined
    this.#begin()
    this.#answered = false
    this.labels.reset()
    this.demands.clear()
  }

  #remedy(remedy: Remedy): void {
    if (remedy === 'restart') this.restartIce()
    else if (remedy === 'replace') this.reopen().catch(() => undefined)
    else this.emit('lost', undefined)
  }

  #onDemandRefused(error: unknown): void {
    if (!(error instanceof ProtocolError) || !this.#pc) return
    if (error.code === 'rate_limited') this.#later(error.retryMs ?? TELL_AGAIN, () => this.demands.forgetTold())
    // None of them applied: they came before their slots did.
    else if (error.field?.endsWith('.slot') === true || error.code === 'out_of_order') this.#retellDemands = true
  }

  #later(ms: number, what: () => void): void {
    clearTimeout(this.#retry)
    this.#retry = setTimeout(what, ms)
  }

  #negotiate(): Promise<void> {
    return this.#negotiator?.ask() ?? Promise.resolve()
  }

  #offer(pc: RTCPeerConnection): Promise<void> {
    const offered = async () => {
      await pc.setLocalDescription(await pc.createOffer())
      if (pc !== this.#pc) return
      this.#readSlots()
      await this.#exchange(pc)
    }
    return this.#guard(pc, offered())
  }

  async #exchange(pc: RTCPeerConnection): Promise<void> {
    const sent = this.published.filter((p) => p.transceiver?.mid)
    const tracks = sent.flatMap((p) => p.describe() ?? [])
    for (const p of sent) p.announcedMuted = p.muted
    const answer = await this.#options.request({ type: 'offer', sdp: pc.localDescription?.sdp ?? '', tracks })
    if (pc === this.#pc) await this.#accept(pc, answer)
  }

  /** Takes back an offer that was refused, and passes the refusal on. `reopened`: it was the first of a new connection. */
  async #guard(pc: RTCPeerConnection, offered: Promise<void>, reopened = false): Promise<void> {
    try {
      await offered
    } catch (error) {
      if (pc !== this.#pc || isPassing(error)) throw error
      // The server still has the other end of the old connection, and takes no other in this session.
      if (reopened && error instanceof ProtocolError && error.code === 'bad_offer') {
        this.emit('lost', undefined)
        throw error
      }
      if (error instanceof Error) this.emit('refused', error)
      if (error instanceof ProtocolError) {
        if (pc.signalingState === 'have-local-offer') await pc.setLocalDescription({ type: 'rollback' })
        if (error.retryMs !== undefined) this.#later(error.retryMs, () => void this.#negotiate().catch(() => undefined))
      }
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
    if (this.#retellDemands) this.demands.forgetTold()
    this.#retellDemands = false
  }

  async #tellMuted(published: Published): Promise<void> {
    const { publication, muted } = published
    if (publication === undefined || published.announcedMuted === muted) return
    published.announcedMuted = muted
    await this.#options.request({ type: 'mute', publication, muted })
  }

  #readSlots(): void {
    this.#list = this.#slots.read()
    this.emit('slots', this.#list)
  }
}
