import { Emitter } from './emitter'
import type { ReplyTo, Request, ServerEvents } from './messages'

/** Something said to everybody in the room. */
export interface ChatMessage {
  id: string
  /** The participant that said it, who may have left. */
  from: string
  /** Of who said it; the same however often one comes. */
  identity: string
  name: string
  text: string
  at: string
}

/** What was said, as far as it is known; a new object for every change. */
export interface ChatView {
  /** In the order in which all see them, the oldest first. */
  messages: readonly ChatMessage[]
  /** There is more before the first of them. */
  more: boolean
}

export interface ChatEvents {
  change: ChatView
  /** Somebody else said something just now. */
  said: ChatMessage
}

/** The topic of what is said to everybody. */
const TOPIC = 'chat'
/** What is beyond is dropped, the oldest first; it can be read again. */
const MOST = 2_000

type Ask = <T extends Request>(body: T) => Promise<ReplyTo[T['type']]>

/** The chat of a room: what was said before one came, and since. */
export class Chat extends Emitter<ChatEvents> {
  readonly #ask: Ask
  #view: ChatView = { messages: [], more: false }
  /** Counts the rooms and sessions that one has been in, so that the answer to an earlier question is known as such. */
  #epoch = 0

  constructor(ask: Ask) {
    super()
    this.#ask = ask
  }

  get view(): ChatView {
    return this.#view
  }

  /** Joined or joined anew: reads what was said meanwhile. */
  onJoined(): void {
    void this.#read(++this.#epoch)
  }

  /** In another room now: nothing of what was said in the one before belongs here. */
  onMoved(): void {
    this.#change({ messages: [], more: false })
    this.onJoined()
  }

  onMessage({ message, from, sender, name, text, at, to, topic }: ServerEvents['message'], self: string | undefined): void {
    if (topic !== TOPIC || to.length > 0) return
    const one = { id: message, from, identity: sender, name, text, at }
    if (this.#view.messages.some(({ id }) => id === one.id)) return
    this.#add([one])
    if (from !== self) this.emit('said', one)
  }

  /** Says something to everybody. Rejects if that was not possible: then nobody was told. */
  async send(text: string): Promise<void> {
    await this.#ask({ type: 'send', to: [], topic: TOPIC, text })
  }

  /** Reads what was said before the first message that is known. */
  async older(): Promise<void> {
    const first = this.#view.messages[0]
    if (first && this.#view.more) await this.#read(this.#epoch, first.id)
  }

  async #read(epoch: number, before?: string): Promise<void> {
    const past = await this.#ask({ type: 'history', ...(before !== undefined && { before }) }).catch(() => undefined)
    if (!past || epoch !== this.#epoch) return
    this.#add(past.messages.map(({ message, sender, ...rest }) => ({ id: message, identity: sender, ...rest })), past.more)
  }

  #add(added: readonly ChatMessage[], more = this.#view.more): void {
    const all = new Map([...this.#view.messages, ...added].map((one) => [one.id, one]))
    const messages = [...all.values()].sort((a, b) => a.at.localeCompare(b.at) || a.id.localeCompare(b.id))
    const dropped = Math.max(0, messages.length - MOST)
    this.#change({ messages: messages.slice(dropped), more: more || dropped > 0 })
  }

  #change(view: ChatView): void {
    this.#view = view
    this.emit('change', view)
  }
}
