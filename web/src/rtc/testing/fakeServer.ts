import type { WebSocketLike } from '../link'
import type { Joined, Participant, Publication, Request, Welcome } from '../messages'

type Asked = Request & { id: number; ack?: number }

/** One socket's far end: keeps what it was told and says what a test wants. */
export class FakeSocket implements WebSocketLike {
  onopen: ((event: never) => void) | null = null
  onmessage: ((event: never) => void) | null = null
  onclose: ((event: never) => void) | null = null
  readonly asked: Asked[] = []
  closedWith: number | undefined
  readonly url: string
  readonly #answer: (socket: FakeSocket, asked: Asked) => void

  constructor(url: string, answer: (socket: FakeSocket, asked: Asked) => void) {
    this.url = url
    this.#answer = answer
  }

  get types(): string[] {
    return this.asked.map((a) => a.type)
  }

  send(data: string): void {
    const asked = JSON.parse(data) as Asked
    this.asked.push(asked)
    this.#answer(this, asked)
  }

  close(code = 1000): void {
    this.closedWith ??= code
  }

  open(): void {
    this.onopen?.({} as never)
  }

  say(message: object): void {
    this.onmessage?.({ data: JSON.stringify(message) } as never)
  }

  drop(code = 1006, reason = ''): void {
    this.onclose?.({ code, reason } as never)
  }
}

/** A server of one room that answers as docs/protocol.md says, unless a test takes over. */
export class FakeServer {
  readonly sockets: FakeSocket[] = []
  /** Sockets are not accepted while this is false. */
  up = true
  seq = 0
  lastId = 0
  /** Requests of these types get no reply. */
  readonly mute = new Set<string>()
  /** A test's own reply; undefined: the usual one. */
  reply: (asked: Asked) => object | undefined = () => undefined

  readonly openWebSocket = (url: string): FakeSocket => {
    const socket = new FakeSocket(url, this.#answer)
    this.sockets.push(socket)
    queueMicrotask(() => {
      if (this.up) socket.open()
      else socket.drop()
    })
    return socket
  }

  get socket(): FakeSocket {
    const socket = this.sockets.at(-1)
    if (!socket) throw new Error('nobody has connected')
    return socket
  }

  /** An event, or a late reply. */
  say(message: object, socket = this.socket): void {
    this.seq += 1
    socket.say({ seq: this.seq, ...message })
  }

  readonly #answer = (socket: FakeSocket, asked: Asked): void => {
    if (asked.type === 'hello') this.seq = 0
    if (asked.type !== 'resume') this.lastId = asked.id
    if (this.mute.has(asked.type)) return
    const reply = this.reply(asked) ?? usual(asked, this.lastId)
    if (asked.type === 'resume') socket.say({ seq: 0, re: asked.id, ...reply })
    else this.say({ re: asked.id, ...reply }, socket)
  }
}

function usual(asked: Asked, lastId: number): object {
  switch (asked.type) {
    case 'hello':
      return welcome
    case 'join':
      return joined()
    case 'resume':
      return { type: 'resumed', lastId }
    case 'history':
      return { type: 'past', messages: [], more: false }
    case 'ping':
      return { type: 'pong', at: '2026-01-01T00:00:00.000Z' }
    case 'offer':
      return {
        type: 'answer',
        sdp: 'answer',
        slots: [],
        publications: asked.tracks.map((t) => ({ mid: t.mid, publication: `pub-${t.track}` })),
      }
    default:
      return { type: 'ok' }
  }
}

export const welcome: Welcome = {
  type: 'welcome',
  session: 'secret',
  caps: ['slots', 'resume'],
  server: 'fake',
  pingMs: 5_000,
  maxSlots: 64,
}

export function joined(participants: Participant[] = []): Joined {
  return {
    type: 'joined',
    participant: participant('me'),
    room: {
      id: 'room',
      instance: 'instance',
      state: {
        version: 1,
        locked: false,
        public: false,
        recording: { state: 'off' },
        consent: { required: false },
        metadata: '',
      },
    },
    participants,
    speakers: [],
    resumed: false,
  }
}

export function participant(id: string, publications: Publication[] = []): Participant {
  return {
    id,
    identity: `identity of ${id}`,
    name: id.toUpperCase(),
    kind: 'browser',
    state: 'joined',
    grants: ['publish', 'subscribe'],
    metadata: '',
    joinedAt: '2026-01-01T00:00:00.000Z',
    publications,
  }
}

export function publication(id: string, source: Publication['source'], number = 1, muted = false): Publication {
  const kind = source === 'camera' || source === 'screen' ? 'video' : 'audio'
  return { id, number, track: source, kind, source, codec: '', muted, width: 0, height: 0 }
}
