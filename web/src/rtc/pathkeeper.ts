import { Emitter } from './emitter'
import { PathMeter, pathCounters } from './path'

export type PathState = 'connecting' | 'up' | 'quiet'

/** What is tried against a path that does not work: on the same connection, with a new one, with a new session. */
export type Remedy = 'restart' | 'replace' | 'rejoin'

const LADDER: readonly Remedy[] = ['restart', 'restart', 'replace', 'restart', 'replace', 'rejoin']
const CHECK = 1_000
/** A remedy has so long to work before the next is tried. */
const PATIENCE = 6_000
/** ICE has found a way, but nobody at its end completes DTLS. */
const HANDSHAKE = 10_000

export interface WatchedConnection {
  pc: RTCPeerConnection
  /** The server says that something flows through some slot. */
  flowing: () => boolean
  /** An offer is under way: a remedy would come too early, or is on its way. */
  busy: () => boolean
}

/** Watches over the media path of one connection after another, and says what to try when it is gone. */
export class PathKeeper extends Emitter<{ path: PathState; remedy: Remedy }> {
  #state: PathState = 'connecting'
  #watched: WatchedConnection | undefined
  #timer: ReturnType<typeof setInterval> | undefined
  readonly #meter = new PathMeter()
  #step = 0
  #triedAt = -Infinity
  #shakingSince: number | undefined

  get state(): PathState {
    return this.#state
  }

  /** Watches another connection from now on; `anew`: it owes nothing to the troubles of the last one. */
  watch(watched: WatchedConnection, anew: boolean): void {
    this.#unwatch()
    if (anew) {
      this.#step = 0
      this.#triedAt = -Infinity
    }
    this.#watched = watched
    for (const name of ['iceconnectionstatechange', 'connectionstatechange']) {
      watched.pc.addEventListener(name, () => this.#onState(watched))
    }
    this.#timer = setInterval(() => void this.#check(watched).catch(() => undefined), CHECK)
  }

  /** There is no connection any more. */
  stop(): void {
    this.#unwatch()
    this.#set('connecting')
  }

  /** An ICE restart was offered for another reason: it has its time to work like any other. */
  restarted(): void {
    this.#triedAt = Date.now()
  }

  /** The connection is let go for another one, which has its time to come up. */
  interrupted(): void {
    this.#unwatch()
    this.#triedAt = Date.now()
    if (this.#state === 'up') this.#set('quiet')
  }

  #unwatch(): void {
    clearInterval(this.#timer)
    this.#watched = undefined
    this.#shakingSince = undefined
    this.#meter.reset()
  }

  #onState(watched: WatchedConnection): void {
    if (watched !== this.#watched) return
    const verdict = judge(watched.pc)
    if (verdict === 'connected') this.#onHeard()
    else if (verdict !== 'pending') this.#onQuiet(watched, verdict === 'broken')
  }

  async #check(watched: WatchedConnection): Promise<void> {
    const { pc } = watched
    if (this.#state === 'connecting' && pc.iceConnectionState === 'new') return
    const judged = judge(pc)
    if (judged === 'broken' || this.#isHandshakeStuck(pc)) {
      this.#onQuiet(watched, true)
      return
    }
    const counters = pathCounters(await pc.getStats())
    if (watched !== this.#watched) return
    const verdict = this.#meter.sample(Date.now(), counters, watched.flowing())
    if (verdict === 'quiet' || (this.#state === 'quiet' && verdict === 'unknown')) this.#onQuiet(watched, false)
    else if (verdict === 'heard' && this.#state === 'quiet' && judge(pc) === 'connected') this.#onHeard()
  }

  #isHandshakeStuck(pc: RTCPeerConnection): boolean {
    const found = pc.iceConnectionState === 'connected' || pc.iceConnectionState === 'completed'
    if (!found || pc.connectionState === 'connected') {
      this.#shakingSince = undefined
      return false
    }
    this.#shakingSince ??= Date.now()
    return Date.now() - this.#shakingSince >= HANDSHAKE
  }

  #onHeard(): void {
    this.#step = 0
    this.#set('up')
  }

  /** `broken`: an ICE restart can't help. */
  #onQuiet({ busy }: WatchedConnection, broken: boolean): void {
    this.#set('quiet')
    if (busy() || Date.now() - this.#triedAt < PATIENCE) return
    while (broken && LADDER[this.#step] === 'restart') this.#step += 1
    const remedy = LADDER[this.#step] ?? 'rejoin'
    this.#step = Math.min(this.#step + 1, LADDER.length - 1)
    this.#triedAt = Date.now()
    this.emit('remedy', remedy)
  }

  #set(state: PathState): void {
    if (this.#state === state) return
    this.#state = state
    this.emit('path', state)
  }
}

function judge({ connectionState, iceConnectionState }: RTCPeerConnection): 'connected' | 'pending' | 'quiet' | 'broken' {
  if (connectionState === 'closed') return 'broken'
  if (iceConnectionState === 'failed' || iceConnectionState === 'disconnected') return 'quiet'
  if (connectionState === 'failed') return 'broken' // DTLS
  return connectionState === 'connected' ? 'connected' : 'pending'
}
