import { SUBPROTOCOL } from './messages'
import { TIMING } from './backoff'

/** The part of WebSocket that a link uses; tests give a fake. */
export interface WebSocketLike {
  onopen: ((event: never) => void) | null
  onmessage: ((event: never) => void) | null
  onclose: ((event: never) => void) | null
  send(data: string): void
  close(code?: number): void
}

export type OpenWebSocket = (url: string, protocol: string) => WebSocketLike

/** How a socket ended: 1006 when it was cut, here or elsewhere. */
export interface Closing {
  code: number
  reason: string
}

/** One WebSocket, from the time it is open. */
export class Link {
  /** Resolves when the socket has ended or was given up; never rejects. */
  readonly closed: Promise<Closing>
  lastReceived = Date.now()
  /** Characters of all frames so far. */
  received = 0
  #end: (closing: Closing) => void = () => undefined
  readonly #socket: WebSocketLike

  private constructor(socket: WebSocketLike, onFrame: (frame: unknown, link: Link) => void) {
    this.#socket = socket
    this.closed = new Promise((resolve) => {
      this.#end = resolve
    })
    socket.onclose = (event: Closing) => this.#end({ code: event.code, reason: event.reason })
    socket.onmessage = (event: { data: unknown }) => {
      this.lastReceived = Date.now()
      if (typeof event.data !== 'string') return
      this.received += event.data.length
      try {
        onFrame(JSON.parse(event.data), this)
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error
        this.cut()
      }
    }
  }

  /** Opens a socket; rejects if it is not open within the protocol's time. */
  static open(url: string, open: OpenWebSocket, onFrame: (frame: unknown, link: Link) => void): Promise<Link> {
    return new Promise((resolve, reject) => {
      const socket = open(url, SUBPROTOCOL)
      const timer = setTimeout(() => {
        socket.onopen = socket.onclose = null
        socket.close()
        reject(new Error('the server did not accept the connection in time'))
      }, TIMING.connect)
      socket.onclose = () => {
        clearTimeout(timer)
        reject(new Error('the server can not be reached'))
      }
      socket.onopen = () => {
        clearTimeout(timer)
        resolve(new Link(socket, onFrame))
      }
    })
  }

  send(message: object): void {
    this.#socket.send(JSON.stringify(message))
  }

  close(code = 1000): void {
    this.#socket.close(code)
  }

  /** Gives the socket up without waiting for the other side. */
  cut(): void {
    this.#socket.onclose = this.#socket.onmessage = null
    this.#socket.close()
    this.#end({ code: 1006, reason: '' })
  }
}
