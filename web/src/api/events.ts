/** What a message of the event stream brings. */
export interface ServerEvent {
  seq: number
  type: string
  subject: string
  data: unknown
}

/** The part of EventSource that is used. */
export interface Source {
  readyState: number
  onopen: (() => void) | null
  onerror: (() => void) | null
  addEventListener(type: string, listener: (message: { data: unknown; lastEventId: string }) => void): void
  close(): void
}

/** Server-sent events have names, and a browser hands out only those that were asked for. */
export const TYPES = [
  'user.created',
  'user.updated',
  'user.deleted',
  'user.security',
  'department.created',
  'department.updated',
  'department.deleted',
  'settings.updated',
  'terms.updated',
  'terms.accepted',
  'tenant.updated',
  'flag.updated',
  'apikey.created',
  'apikey.revoked',
  'session.revoked',
  'meeting.created',
  'meeting.updated',
  'meeting.cancelled',
  'meeting.started',
  'meeting.ended',
  'participant.joined',
  'participant.left',
  'host.invited',
  'host.assigned',
  'host.public',
  'calendar.connected',
  'calendar.disconnected',
] as const

const ADDRESS = '/api/v1/events'
const CLOSED = 2
const LONGEST = 60_000

interface Options {
  onEvent: (event: ServerEvent) => void
  /** Something may have been missed: what was read before has to be read again. */
  onGap: () => void
  open?: (url: string) => Source
  after?: (ms: number, then: () => void) => () => void
}

/**
 * The event stream, kept open. A browser takes it up again by itself where it broke off. When it
 * gave up, since the server refused (the session has ended, the events have been forgotten), it is
 * begun anew and whoever listens reads everything again. It can rest, and then goes on where it was.
 */
export class EventFeed {
  private source: Source | undefined
  private readonly options: Required<Options>
  private failures = 0
  private wait: (() => void) | undefined
  /** How far it has come; 0: it begins with what is to come. */
  private seq = 0

  constructor(options: Options) {
    this.options = { open: (url) => new EventSource(url) as unknown as Source, after: later, ...options }
  }

  start(): void {
    if (!this.source && !this.wait) this.connect()
  }

  stop(): void {
    this.wait?.()
    this.source?.close()
    this.source = this.wait = undefined
  }

  private connect(): void {
    let missing = this.seq === 0 // what happened since the pages were read is not in it
    const source = this.options.open(this.seq === 0 ? ADDRESS : `${ADDRESS}?after=${this.seq}`)
    this.source = source
    this.wait = undefined
    source.onopen = () => {
      this.failures = 0
      if (missing) this.options.onGap()
      missing = false
    }
    source.onerror = () => {
      if (this.source !== source || source.readyState !== CLOSED) return
      this.source = undefined
      this.seq = 0
      this.options.onGap() // asking again tells whether one is still signed in
      this.wait = this.options.after(Math.min(LONGEST, 1_000 * 2 ** this.failures++), () => this.connect())
    }
    for (const type of TYPES) source.addEventListener(type, ({ data }) => this.take(parse(data)))
    source.addEventListener('heartbeat', ({ data }) => {
      this.seq = Math.max(this.seq, parse(data)?.seq ?? 0)
    })
  }

  private take(event: ServerEvent | undefined): void {
    if (!event || event.seq <= this.seq) return
    this.seq = event.seq
    this.options.onEvent(event)
  }
}

function parse(data: unknown): ServerEvent | undefined {
  try {
    return JSON.parse(String(data)) as ServerEvent
  } catch {
    return undefined
  }
}

function later(ms: number, then: () => void): () => void {
  const timer = setTimeout(then, ms)
  return () => clearTimeout(timer)
}
