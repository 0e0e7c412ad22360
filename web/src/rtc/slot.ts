import type { MediaKind, SlotState } from './messages'

/** One receiving media line and what flows through it. */
export interface Slot {
  /** The line's mid, its name in the protocol. */
  readonly mid: string
  readonly kind: MediaKind
  /** The first of its kind: the first audio and the first video slot go together for lip sync. */
  readonly lead: boolean
  readonly receiver: RTCRtpReceiver
  readonly stream: MediaStream
  readonly state: SlotState
}
