import { ProtocolError } from './errors'
import type { ErrorMessage, ReplyTo, Request, ServerFrame } from './messages'

/** More unanswered requests than this are refused here: the server would not take them either. */
const MAX_PENDING = 256

interface Pending {
  id: number
  body: Request
  resolve: (reply: never) => void
  reject: (error: Error) => void
}

/** The requests of one session that have no reply yet, in the order of their ids. */
export class Requests {
  #lastId = 0
  readonly #pending = new Map<number, Pending>()

  get size(): number {
    return this.#pending.size
  }

  /** A fresh id for a message outside the table (`resume`). */
  nextId(): number {
    this.#lastId += 1
    return this.#lastId
  }

  /** Registers a request; `write` puts it on the wire, now or after a resume. */
  add<T extends Request>(body: T, write: (id: number, body: Request) => void): Promise<ReplyTo[T['type']]> {
    if (this.#pending.size >= MAX_PENDING) {
      return Promise.reject(new ProtocolError('rate_limited', `more than ${MAX_PENDING} requests are unanswered`))
    }
    return new Promise((resolve, reject) => {
      const id = this.nextId()
      this.#pending.set(id, { id, body, resolve, reject })
      write(id, body)
    })
  }

  /** Settles the request that a reply belongs to; false if there is none. */
  settle(frame: ServerFrame): boolean {
    const pending = frame.re === undefined ? undefined : this.#pending.get(frame.re)
    if (!pending) return false
    this.#pending.delete(pending.id)
    if (frame.type === 'error') pending.reject(ProtocolError.from(frame as ServerFrame & ErrorMessage))
    else pending.resolve(frame as never)
    return true
  }

  /** Writes again what the server has not seen: everything above `lastId`. */
  replay(lastId: number, write: (id: number, body: Request) => void): void {
    for (const { id, body } of this.#pending.values()) if (id > lastId) write(id, body)
  }

  /** Fails everything: the session is over. Ids go on, for the next may begin on the same socket. */
  abandon(why: string): void {
    const lost = [...this.#pending.values()]
    this.#pending.clear()
    for (const { reject } of lost) reject(new ProtocolError('session_lost', why))
  }
}
