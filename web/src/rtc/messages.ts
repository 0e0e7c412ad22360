// The messages of the client protocol, version 1, as docs/protocol.md specifies them.

/** WebSocket subprotocol of this version. */
export const SUBPROTOCOL = 'switchyard.v1'

export type MediaKind = 'audio' | 'video'
export type TrackSource = 'microphone' | 'camera' | 'screen' | 'screen-audio' | 'playback' | 'prompt'
export type Codec = 'opus' | 'vp8' | 'vp9' | 'h264' | 'av1'
export type PauseReason = 'hidden' | 'muted' | 'codec' | 'bandwidth' | 'inactive' | 'reconnecting'
export type Grant = 'publish' | 'subscribe' | 'message' | 'moderate'
export type LeaveReason =
  | 'left'
  | 'replaced'
  | 'removed'
  | 'timeout'
  | 'slow'
  | 'closed'
  | 'shutdown'
  | 'expired'

export interface Encryption {
  scheme: 'sframe'
  keyId: number
}

export interface Publication {
  id: string
  /** The CSRC of every packet that carries this publication. */
  number: number
  track: string
  kind: MediaKind
  source: TrackSource
  /** Empty until the first packet. */
  codec: Codec | ''
  muted: boolean
  mutedBy?: string
  width: number
  height: number
  encryption?: Encryption
}

/** A raised hand. */
export interface Hand {
  /** Its place in the order of the room; the queue goes by it. */
  number: number
  at: string
}

/** What one may react with. */
export const REACTIONS = ['👍', '👎', '👏', '❤️', '😂', '😮', '😢', '🤔', '🎉', '🙏'] as const

export type Emoji = (typeof REACTIONS)[number]

export interface Reaction {
  participant: string
  emoji: Emoji
}

export interface Participant {
  id: string
  identity: string
  name: string
  kind: string
  state: 'joined' | 'reconnecting'
  grants: Grant[]
  metadata: string
  linkedTo?: string
  joinedAt: string
  /** Absent: it is not raised. */
  hand?: Hand
  publications: Publication[]
}

export interface RoomState {
  version: number
  locked: boolean
  public: boolean
  recording: { state: 'off' | 'starting' | 'on' | 'paused' | 'stopping'; by?: string; since?: string }
  consent: { required: boolean }
  pinned?: string
  metadata: string
}

export interface Room {
  id: string
  instance: string
  state: RoomState
}

export interface Speaker {
  participant: string
  /** 0 (silent) to 1. */
  level: number
}

export interface SlotState {
  /** The mid of the receiving media line. */
  slot: string
  kind: MediaKind
  /** What flows; absent: nothing. */
  publication?: string
  number?: number
  /** Video: RTP timestamp of the first packet of this publication in this slot. */
  rtpTimestamp?: number
  paused?: PauseReason
}

export interface EncodingOffer {
  rid: string
  width: number
  height: number
  /** Bits per second. */
  maxBitrate: number
}

export interface TrackOffer {
  mid: string
  track: string
  source: TrackSource
  muted: boolean
  width: number
  height: number
  encodings?: EncodingOffer[]
  encryption?: Encryption
}

export interface Demand {
  slot: string
  source: 'speaker' | 'participant' | 'track' | 'none'
  id?: string
  /** Pixels on the screen; 0 by 0: hidden. */
  width: number
  height: number
  fps?: number
  priority?: number
}

/** Something that was said to everybody before. */
export interface Said {
  message: string
  from: string
  sender: string
  name: string
  text: string
  at: string
}

/** What a client may ask, without the id that the session adds. */
export type Request =
  | { type: 'hello'; token?: string; caps: string[]; client?: string }
  | { type: 'join'; room?: string; name?: string; metadata?: string }
  | { type: 'offer'; sdp: string; tracks: TrackOffer[] }
  | { type: 'demand'; demands: Demand[] }
  | { type: 'mute'; publication: string; muted: boolean }
  | { type: 'unpublish'; publication: string }
  | { type: 'update'; name?: string; metadata?: string }
  | { type: 'setState'; locked?: boolean; public?: boolean; pinned?: string; metadata?: string }
  | { type: 'remove'; participant: string; reason?: string }
  | { type: 'send'; to: string[]; topic?: string; text: string }
  | { type: 'history'; before?: string; limit?: number }
  | { type: 'raiseHand' }
  | { type: 'lowerHand'; participant?: string }
  | { type: 'lowerHands' }
  | { type: 'react'; emoji: Emoji }
  | { type: 'ping' }
  | { type: 'leave' }
  | { type: 'resume'; session: string; token?: string; seq: number }

export interface Welcome {
  type: 'welcome'
  session: string
  caps: string[]
  server: string
  pingMs: number
  maxSlots: number
}

export interface Joined {
  type: 'joined'
  participant: Participant
  room: Room
  participants: Participant[]
  speakers: Speaker[]
  resumed: boolean
}

export interface Answer {
  type: 'answer'
  sdp: string
  slots: SlotState[]
  publications: { mid: string; publication: string }[]
}

export interface ErrorMessage {
  type: 'error'
  code: ErrorCode
  message: string
  /** Of a refusal: why, one of the reasons of docs/protocol.md section 8 or a newer one. */
  reason?: string
  field?: string
  retryMs?: number
}

export type ErrorCode =
  | 'bad_message'
  | 'too_big'
  | 'unauthorized'
  | 'wrong_room'
  | 'refused'
  | 'out_of_order'
  | 'unsupported'
  | 'bad_field'
  | 'bad_offer'
  | 'too_many'
  | 'forbidden'
  | 'not_found'
  | 'rate_limited'
  | 'not_kept'
  | 'resume_failed'
  | 'internal'

/** The reply that each request gets if it succeeds. */
export interface ReplyTo {
  hello: Welcome
  join: Joined
  offer: Answer
  demand: { type: 'ok' }
  mute: { type: 'ok' }
  unpublish: { type: 'ok' }
  update: { type: 'ok' }
  setState: { type: 'ok' }
  remove: { type: 'ok' }
  send: { type: 'sent'; message: string; number: number }
  history: { type: 'past'; messages: Said[]; more: boolean }
  raiseHand: { type: 'ok' }
  lowerHand: { type: 'ok' }
  lowerHands: { type: 'ok' }
  react: { type: 'ok' }
  ping: { type: 'pong'; at: string }
  leave: { type: 'ok' }
  resume: { type: 'resumed'; lastId: number }
}

/** What the server says of its own accord. */
export interface ServerEvents {
  waiting: { message: string; position: number }
  slots: { slots: SlotState[] }
  muted: { publication: string; by: string }
  /** A host asks for what only the participant can do; `unmute`, others may come. */
  asked: { what: string }
  republish: { publication: string; codec: Codec }
  reoffer: { reason: 'slots' | 'codec' | 'ice' | 'moved'; slots?: number }
  participants: { joined: Participant[]; updated: Participant[]; left: { id: string; reason: string }[] }
  speakers: { speakers: Speaker[] }
  state: { state: RoomState }
  message: {
    message: string
    number: number
    from: string
    sender: string
    name: string
    to: string[]
    topic: string
    text: string
    at: string
  }
  /** Nobody's hand is raised any more. */
  handsLowered: Record<string, never>
  reactions: { reactions: Reaction[] }
  moved: { participant: Participant; room: Room; participants: Participant[] }
  left: { reason: LeaveReason; message: string }
  goaway: { reason: 'shutdown' | 'moving'; deadlineMs: number; retryMs: number }
}

/** Any frame from the server before its type is looked at. */
export interface ServerFrame {
  type: string
  seq: number
  re?: number
}
