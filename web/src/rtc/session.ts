import { TIMING, backoff } from './backoff'
import { Emitter } from './emitter'
import { ProtocolError } from './errors'
import { Link, type Closing, type OpenWebSocket } from './link'
import type { ErrorMessage, Joined, ReplyTo, Request, ServerEvents, ServerFrame, Welcome } from './messages'
import { Requests } from './requests'
import { type EndReason, type SessionState, endOfClose, isFinal, isFinalFailure } from './state'

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
  #pingMs: number = TIMING.ping
  #pingTimer: ReturnType<typeof setTimeout> | undefined
  #retryMs = 0
  #goingAway = false
  #wake: () => void = () => undefined
  #resumeReply: { id: number; resolve: (frame: ServerFrame) => void } | undefined
  #lastError: ErrorMessage | undefined
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
    for (let attempt = 0; !this.#over(); attempt++) {
      await this.#pause(Math.max(backoff(attempt, this.#random), this.#retryMs))
      this.#retryMs = 0
      if (this.#over()) return
      if (this.#handle && Date.now() - lostAt > TIMING.resume) this.#forget('the session could not be resumed in time')
      try {
        const closing = await this.#converse()
        lostAt = Date.now()
        patience = TIMING.resume + TIMING.rejoin
        attempt = -1
        this.#afterClose(closing)
      } catch (error) {
        if (this.#handle === undefined) this.#forget('the connection failed')
        if (this.#state.status === 'waiting') {
          lostAt = Date.now()
          this.#enter({ status: 'connecting' })
        }
        if (error instanceof ProtocolError) {
          const first = patience === FIRST_CONNECT
          if (isFinalFailure(error.code) || (first && error.code === 'refused' && error.retryMs === undefined)) {
            this.#finish(error.code, error.message)
          }
          this.#retryMs = error.retryMs ?? 0
        }
        if (Date.now() - lostAt > patience) this.#finish('unreachable', 'the server can not be reached')
      }
    }
  }

  /** One socket from its opening to its end. Throws if the session did not come to stand. */
  async #converse(): Promise<Closing> {
    const dial = Link.open(this.#options.url, this.#open, this.#onFrame)
    const begun = this.#handle === undefined ? this.#options.prepare() : undefined
    const [link, token, start] = await settleAll(dial, this.#options.token(), begun)
    if (this.#over()) {
      link.cut()
      return link.closed
    }
    this.#link = link
    try {
      if (!(await this.#resume(link, token))) {
        const join = this.#join(token, start ?? (await this.#options.prepare()))
        await Promise.race([join, rejectWhenClosed(link, () => this.#lastError)])
      }
      this.#enter({ status: 'joined' })
      return await link.closed
    } finally {
      this.#ready = false
      this.#link = undefined
      link.cut()
      clearTimeout(this.#pingTimer)
    }
  }

  async #resume(link: Link, token: string): Promise<boolean> {
    if (this.#handle === undefined) return false
    const id = this.#requests.nextId()
    const replied = new Promise<ServerFrame>((resolve) => {
      this.#resumeReply = { id, resolve }
    })
    link.send({ type: 'resume', id, session: this.#handle, token, seq: this.#handled })
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
    this.#handled = 0
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
    this.#handled = Math.max(this.#handled, raw.seq)
    if (raw.type === 'error') this.#lastError = raw as ServerFrame & ErrorMessage
    if (this.#requests.settle(raw) || raw.re !== undefined) return
    this.#onEvent(raw)
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
      this.#retryMs = (frame as ServerFrame & ErrorMessage).retryMs ?? 0
    }
    this.emit(frame.type as keyof SessionEvents, frame as never)
  }

  #onLeft({ reason, message }: ServerEvents['left']): void {
    if (isFinal(reason)) {
      this.#finish(reason, message)
      return
    }
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

  #finish(reason: EndReason, message: string): void {
    if (this.#over()) return
    this.#enter({ status: 'left', reason, message })
    this.#forget('the session has ended')
    this.#ready = false
    clearTimeout(this.#pingTimer)
    this.#link?.close()
    this.#link = undefined
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

/** Awaits all three, and closes the socket if one of the others fails. */
async function settleAll<T, U>(dial: Promise<Link>, token: Promise<T>, start: Promise<U> | undefined) {
  try {
    return await Promise.all([dial, token, start])
  } catch (error) {
    dial.then((link) => link.cut()).catch(() => undefined)
    throw error
  }
}

async function rejectWhenClosed(link: Link, lastError: () => ErrorMessage | undefined): Promise<never> {
  const { code, reason } = await link.closed
  const error = lastError()
  if (error) throw ProtocolError.from(error)
  const end = endOfClose(code)
  throw new ProtocolError(end ? asFailure(end.reason) : 'session_lost', reason || 'the connection was cut')
}

function asFailure(reason: EndReason): ProtocolError['code'] {
  switch (reason) {
    case 'left':
    case 'replaced':
    case 'removed':
    case 'timeout':
    case 'slow':
    case 'closed':
    case 'shutdown':
    case 'expired':
    case 'unreachable':
      return 'session_lost'
    default:
      return reason
  }
}

function isFrame(raw: unknown): raw is ServerFrame {
  return (
    typeof raw === 'object' &&
    raw !== null &&
    'type' in raw &&
    typeof raw.type === 'string' &&
    'seq' in raw &&
    typeof raw.seq === 'number'
  )
}
