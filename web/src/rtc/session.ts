import { TIMING, backoff } from './backoff'
import { Emitter } from './emitter'
import { ProtocolError } from './errors'
import { Link, type Closing, type OpenWebSocket } from './link'
import type { ErrorMessage, Joined, ReplyTo, Request, ServerEvents, ServerFrame, Welcome } from './messages'
import { asFailure, isFrame, rejectWhenClosed, settleAll } from './opening'
import { Requests } from './requests'
import { type EndReason, type SessionState, endOfClose, endsSession, isFinal, isFinalFailure } from './state'

/** What the session tells: the server's events by their names, and its own life. */
export interface SessionEvents extends ServerEvents {
  status: SessionState
  welcome: Welcome
  joined: Joined
  error: ErrorMessage
}

export interface SessionOptions {
  /** The address of `/rtc`, ws: or wss:. */
  url: string
  /** Asked before every socket, so that a token that has run out can be replaced. */
  token: () => Promise<string>
  /** What to say in `join`, asked at every join. */
  join: () => { room?: string; name?: string; metadata?: string }
  /**
   * Prepares the media of a new session while the socket opens. The function that it resolves to
   * sends the first offer and demands in the same breath as `hello` and `join`.
   */
  prepare: () => Promise<() => void>
  client?: string
  openWebSocket?: OpenWebSocket
  random?: () => number
}

const CAPS = ['simulcast', 'slots', 'resume', 'republish']

/** How long a first connection is tried. */
const FIRST_CONNECT = 15_000
/** A session that stood for less is no reason to begin anew with short pauses. */
const STEADY = 5_000
/** A server that sends everybody away without a word of when to come back has them come over so long. */
const AFTER_SHUTDOWN = 500
/** What is handled is acknowledged after so much, lest the server takes one for too slow. */
const ACK_MESSAGES = 64
const ACK_CHARS = 64 * 1024

/**
 * One participant's conversation with the server, over as many sockets as it takes: a cut socket is
 * resumed, a lost session joined anew, until `leave` or an end that is final.
 */
export class Session extends Emitter<SessionEvents> {
  #state: SessionState = { status: 'idle' }
  #link: Link | undefined
  /** Requests may be written: the socket is open and, after a cut, resumed. */
  #ready = false
  /** The secret handle of `resume`. */
  #handle: string | undefined
  #handled = 0
  /** What the server was last told, and how much had been received then. */
  #acked = { seq: 0, received: 0 }
  /** Where a message was missing the last time. */
  #gapAfter: number | undefined
  /** With what the session was begun: only that resumes it. */
  #token = ''
  #pingMs: number = TIMING.ping
  #pingTimer: ReturnType<typeof setTimeout> | undefined
  #retryMs = 0
  #goingAway = false
  #wake: () => void = () => undefined
  #resumeReply: { id: number; resolve: (frame: ServerFrame) => void } | undefined
  #lastError: ErrorMessage | undefined
  #end: () => void = () => undefined
  readonly #ended = new Promise<undefined>((resolve) => {
    this.#end = () => resolve(undefined)
  })
  readonly #requests = new Requests()
  readonly #options: SessionOptions
  readonly #open: OpenWebSocket
  readonly #random: () => number

  constructor(options: SessionOptions) {
    super()
    this.#options = options
    this.#open = options.openWebSocket ?? ((url, protocol) => new WebSocket(url, protocol))
    this.#random = options.random ?? Math.random
  }

  get state(): SessionState {
    return this.#state
  }

  /** Joins. Resolves when joined and rejects when that is refused; the session then goes on by itself. */
  connect(): Promise<void> {
    if (this.#state.status !== 'idle') throw new Error('a session connects once')
    this.#enter({ status: 'connecting' })
    return new Promise((resolve, reject) => {
      const off = this.on('status', (state) => {
        if (state.status !== 'joined' && state.status !== 'left') return
        off()
        if (state.status === 'joined') resolve()
        else reject(new ProtocolError(state.reason === 'unreachable' ? 'session_lost' : asFailure(state.reason), state.message))
      })
      void this.#run()
    })
  }

  /** Asks the server. While the socket is away the request waits for the resume. */
  request<T extends Request>(body: T): Promise<ReplyTo[T['type']]> {
    if (!this.#ready && this.#handle === undefined) {
      return Promise.reject(new ProtocolError('session_lost', 'the session is not connected'))
    }
    return this.#requests.add(body, this.#writeIfReady)
  }

  /** Leaves the room and ends. */
  async leave(): Promise<void> {
    if (this.#ready) {
      const patience = new Promise((resolve) => setTimeout(resolve, 1_000))
      await Promise.race([this.request({ type: 'leave' }).catch(() => undefined), patience])
    }
    this.#finish('left', '')
  }

  /** The network is back: tries at once instead of waiting out the pause between attempts. */
  hurry(): void {
    this.#wake()
  }

  /** The session is of no more use (its media can't be repaired): joins anew on a new socket. */
  rejoin(why: string): void {
    this.#forget(why)
    this.#link?.cut()
  }

  /** Ends the socket as a network failure would, to show that the session survives it. */
  cutSocket(): void {
    this.#link?.cut()
  }

  async #run(): Promise<void> {
    let lostAt = Date.now()
    let patience = FIRST_CONNECT
    let flaps = 0
    for (let attempt = 0; !this.#over(); attempt++) {
      await this.#pause(Math.max(backoff(attempt, this.#random), this.#retryMs))
      this.#retryMs = 0
      if (this.#over()) return
      if (this.#handle && Date.now() - lostAt > TIMING.resume) this.#forget('the session could not be resumed in time')
      try {
        const { stood, ...closing } = await this.#converse()
        lostAt = Date.now()
        patience = TIMING.resume + TIMING.rejoin
        flaps = stood >= STEADY ? 0 : flaps + 1
        attempt = Math.max(-1, flaps - 2) // the first time at once
        this.#afterClose(closing)
      } catch (error) {
        if (this.#handle === undefined) this.#forget('the connection failed')
        const waited = this.#state.status === 'waiting'
        if (waited) {
          lostAt = Date.now()
          this.#enter({ status: 'connecting' })
        }
        if (error instanceof ProtocolError) {
          const first = patience === FIRST_CONNECT
          // Who was turned away at the door does not knock again by itself.
          const turnedAway = waited && !this.#goingAway && error.code === 'refused'
          if (isFinalFailure(error.code) || turnedAway || (first && error.code === 'refused' && error.retryMs === undefined)) {
            this.#finish(error.code, error.message, error.retryMs, error.reason)
          }
          this.#retryMs = error.retryMs ?? 0
        }
        if (Date.now() - lostAt > patience) this.#giveUp(error)
      }
    }
  }

  /** One socket from its opening to its end. Throws if the session did not come to stand. */
  async #converse(): Promise<Closing & { stood: number }> {
    const dial = Link.open(this.#options.url, this.#open, this.#onFrame)
    const anew = this.#handle === undefined
    // A session is resumed by the token that it was begun with, even if that has run out since.
    const token = anew ? this.#options.token() : Promise.resolve(this.#token)
    const opened = await Promise.race([settleAll(dial, token, anew ? this.#options.prepare() : undefined), this.#ended])
    if (opened === undefined || this.#over()) {
      dial.then((link) => link.cut()).catch(() => undefined)
      return { code: 1006, reason: '', stood: 0 }
    }
    const [link, given, start] = opened
    this.#link = link
    this.#acked = { seq: this.#handled, received: 0 }
    try {
      if (!(await this.#resume(link))) {
        const join = this.#join(...(start ? ([given, start] as const) : await Promise.all([this.#options.token(), this.#options.prepare()])))
        await Promise.race([join, rejectWhenClosed(link, () => this.#lastError)])
      }
      this.#enter({ status: 'joined' })
      const since = Date.now()
      const closing = await link.closed
      return { ...closing, stood: Date.now() - since }
    } finally {
      this.#ready = false
      this.#link = undefined
      link.cut()
      clearTimeout(this.#pingTimer)
    }
  }

  async #resume(link: Link): Promise<boolean> {
    if (this.#handle === undefined) return false
    const id = this.#requests.nextId()
    const replied = new Promise<ServerFrame>((resolve) => {
      this.#resumeReply = { id, resolve }
    })
    link.send({ type: 'resume', id, session: this.#handle, token: this.#token, seq: this.#handled })
    const reply = await Promise.race([replied, rejectWhenClosed(link, () => this.#lastError)])
    if (reply.type === 'error') {
      const error = ProtocolError.from(reply as ServerFrame & ErrorMessage)
      if (error.code !== 'resume_failed') throw error
      this.#forget('the server no longer knows the session')
      return false
    }
    this.#ready = true
    this.#requests.replay((reply as ServerFrame & { lastId: number }).lastId, this.#writeIfReady)
    this.#schedulePing()
    return true
  }

  async #join(token: string, start: () => void): Promise<void> {
    this.#token = token
    this.#handled = 0
    this.#gapAfter = undefined
    this.#goingAway = false
    this.#lastError = undefined
    this.#ready = true
    const client = this.#options.client
    const hello = this.#requests.add({ type: 'hello', token, caps: CAPS, ...(client && { client }) }, this.#writeIfReady)
    const join = this.#requests.add({ type: 'join', ...this.#options.join() }, this.#writeIfReady)
    start()
    const [welcome, joined] = await Promise.all([hello, join])
    this.#handle = welcome.session
    this.#pingMs = welcome.pingMs
    this.emit('welcome', welcome)
    this.emit('joined', joined)
  }

  readonly #onFrame = (raw: unknown, link: Link): void => {
    if (link !== this.#link || !isFrame(raw)) return
    if (this.#resumeReply && raw.re === this.#resumeReply.id) {
      this.#resumeReply.resolve(raw)
      this.#resumeReply = undefined
      return
    }
    if (raw.seq !== 0 && raw.seq <= this.#handled) return
    if (raw.seq > this.#handled + 1) {
      this.#onGap(link)
      return
    }
    this.#handled = Math.max(this.#handled, raw.seq)
    this.#acknowledge(link)
    if (raw.type === 'error' && endsSession((raw as ServerFrame & ErrorMessage).code)) this.#lastError = raw as ServerFrame & ErrorMessage
    if (this.#requests.settle(raw) || raw.re !== undefined) return
    this.#onEvent(raw)
  }

  /** A message is missing: a resume brings it, and if not, what is known of the room is worth nothing. */
  #onGap(link: Link): void {
    if (this.#gapAfter === this.#handled) this.#forget('a message of the server is missing')
    this.#gapAfter = this.#handled
    link.cut()
  }

  /** Says soon what was handled, when it is much and there is nothing else to say. */
  #acknowledge({ received }: Link): void {
    if (this.#state.status !== 'joined' || !this.#ready) return
    const { seq, received: before } = this.#acked
    if (this.#handled - seq < ACK_MESSAGES && received - before < ACK_CHARS) return
    this.request({ type: 'ping' }).catch(() => undefined)
  }

  #onEvent(frame: ServerFrame): void {
    if (frame.type === 'waiting') {
      const { message, position } = frame as ServerFrame & ServerEvents['waiting']
      this.#enter({ status: 'waiting', message, position })
    } else if (frame.type === 'goaway') {
      this.#goingAway = true
      this.#retryMs = this.#spread((frame as ServerFrame & ServerEvents['goaway']).retryMs)
    } else if (frame.type === 'left') {
      this.#onLeft(frame as ServerFrame & ServerEvents['left'])
    } else if (frame.type === 'error') {
      this.#retryMs = (frame as ServerFrame & ErrorMessage).retryMs ?? this.#retryMs
    }
    this.emit(frame.type as keyof SessionEvents, frame as never)
  }

  #onLeft({ reason, message }: ServerEvents['left']): void {
    if (isFinal(reason)) {
      this.#finish(reason, message)
      return
    }
    if (reason === 'shutdown' && this.#retryMs === 0) this.#retryMs = this.#spread(AFTER_SHUTDOWN)
    this.#forget(message)
    this.#link?.cut()
  }

  /** Decides what follows the end of a socket whose session stood. */
  #afterClose({ code, reason }: Closing): void {
    if (this.#over()) return
    const end = endOfClose(code)
    if (end?.final) {
      this.#finish(end.reason, reason)
      return
    }
    if (end || this.#goingAway) this.#forget('the server ended the session')
    this.#enter({ status: 'reconnecting', since: Date.now() })
  }

  /** The session can't be resumed: the next socket joins anew. */
  #forget(why: string): void {
    this.#handle = undefined
    this.#requests.abandon(why)
  }

  #giveUp(error: unknown): void {
    if (error instanceof ProtocolError && error.code === 'refused') this.#finish('refused', error.message, error.retryMs, error.reason)
    else this.#finish('unreachable', 'the server can not be reached')
  }

  #finish(reason: EndReason, message: string, retryMs?: number, refusal?: string): void {
    if (this.#over()) return
    this.#enter({ status: 'left', reason, message, ...(retryMs !== undefined && { retryMs }), ...(refusal !== undefined && { refusal }) })
    this.#forget('the session has ended')
    this.#ready = false
    clearTimeout(this.#pingTimer)
    this.#link?.close()
    this.#link = undefined
    this.#end()
    this.#wake()
  }

  #over(): boolean {
    return this.#state.status === 'left'
  }

  #enter(state: SessionState): void {
    this.#state = state
    this.emit('status', state)
  }

  readonly #writeIfReady = (id: number, body: Request): void => {
    if (!this.#ready || !this.#link) return
    this.#acked = { seq: this.#handled, received: this.#link.received }
    this.#link.send({ ...body, id, ...(this.#handled > 0 && { ack: this.#handled }) })
    this.#schedulePing()
  }

  #schedulePing(): void {
    clearTimeout(this.#pingTimer)
    this.#pingTimer = setTimeout(() => {
      if (this.#link && Date.now() - this.#link.lastReceived > TIMING.silence) {
        this.#link.cut()
        return
      }
      this.request({ type: 'ping' }).catch(() => undefined)
    }, this.#pingMs)
  }

  #pause(ms: number): Promise<void> {
    if (ms <= 0) return Promise.resolve()
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  /** `ms` plus up to as much at random, so that a room does not come back all at once. */
  #spread(ms: number): number {
    return ms + Math.round(ms * this.#random())
  }
}
