import { Chat } from './chat'
import type { OpenWebSocket } from './link'
import type { MediaKind } from './messages'
import { Peer, type PeerOptions } from './peer'
import { Roster } from './roster'
import { Session } from './session'
import { Stats } from './stats'

export interface MeetingOptions {
  url: string
  token: () => Promise<string>
  join?: () => { room?: string; name?: string; metadata?: string }
  client?: string
  slots?: PeerOptions['slots']
  /** Video slots are added up to here as others turn their cameras on; absent: none are. */
  mostVideoSlots?: number
  firstDemands?: PeerOptions['firstDemands']
  openWebSocket?: OpenWebSocket
  createConnection?: PeerOptions['createConnection']
}

/** Audio slots beyond this many are not asked for: the loudest have them, which is enough. */
const MAX_AUDIO_SLOTS = 12
const AUDIO_STEP = 4
const VIDEO_STEP = 8

/** A room as one participant has it: session, media and roster, tied together. */
export class Meeting {
  readonly session: Session
  readonly peer: Peer
  readonly roster = new Roster()
  readonly chat = new Chat((body) => this.session.request(body))
  readonly stats: Stats
  readonly #mostVideoSlots: number
  #maxSlots = 64

  constructor({ mostVideoSlots = 0, url, token, join, client, slots, firstDemands, openWebSocket, createConnection }: MeetingOptions) {
    this.peer = new Peer({
      request: (body) => this.session.request(body),
      ...(slots && { slots }),
      ...(firstDemands && { firstDemands }),
      ...(createConnection && { createConnection }),
    })
    this.session = new Session({
      url,
      token,
      join: join ?? (() => ({})),
      prepare: () => this.peer.open(),
      ...(client && { client }),
      ...(openWebSocket && { openWebSocket }),
    })
    this.stats = new Stats(this.peer)
    this.#mostVideoSlots = mostVideoSlots
    this.#wire()
  }

  /** Joins the room; media flows as soon as the server has answered. */
  async join(): Promise<void> {
    await this.session.connect()
  }

  async leave(): Promise<void> {
    await this.session.leave()
  }

  /** The browser says that the network is back or another one. */
  networkChanged(): void {
    this.session.hurry()
    if (this.session.state.status === 'joined') this.peer.restartIce()
  }

  #wire(): void {
    const { session, peer, roster, chat } = this
    session.on('welcome', ({ maxSlots }) => (this.#maxSlots = maxSlots))
    session.on('joined', (joined) => {
      roster.onJoined(joined)
      peer.onJoined(joined)
      chat.onJoined()
    })
    session.on('participants', (event) => roster.onParticipants(event))
    session.on('speakers', (event) => roster.onSpeakers(event))
    session.on('state', (event) => roster.onState(event))
    session.on('handsLowered', () => roster.onHandsLowered())
    session.on('message', (event) => chat.onMessage(event, roster.view.self?.id))
    session.on('moved', (event) => {
      roster.onMoved(event)
      chat.onMoved()
    })
    session.on('slots', (event) => peer.onSlots(event))
    session.on('republish', (event) => peer.onRepublish(event))
    session.on('reoffer', ({ reason, slots }) => {
      peer.onReoffer({ reason, ...(slots !== undefined && { slots: this.#allowed('video', slots) }) })
    })
    session.on('muted', (event) => peer.onMuted(event))
    session.on('status', ({ status }) => {
      if (status === 'left') peer.close()
    })
    peer.on('lost', () => session.rejoin('the media path could not be repaired'))
    roster.on('change', () => {
      this.#fitSlots('audio', AUDIO_STEP, MAX_AUDIO_SLOTS)
      this.#fitSlots('video', VIDEO_STEP, this.#mostVideoSlots)
    })
  }

  /** A slot for everybody who is heard or seen, within reason. */
  #fitSlots(kind: MediaKind, step: number, most: number): void {
    const count = this.roster.view.others.flatMap((p) => p.publications).filter((p) => p.kind === kind).length
    const wanted = Math.min(Math.ceil(count / step) * step, most)
    this.peer.growSlots(kind, this.#allowed(kind, wanted)).catch(() => undefined)
  }

  #allowed(kind: MediaKind, wanted: number): number {
    const others = this.peer.slots.filter((slot) => slot.kind !== kind).length
    return Math.min(wanted, this.#maxSlots - others)
  }
}
