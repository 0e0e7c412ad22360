import type { Demand, MediaKind, SlotState } from './messages'
import type { Slot } from './slot'

/** The receiving lines of one connection, and what is known to flow through each. */
export class Slots {
  #lines: { kind: MediaKind; transceiver: RTCRtpTransceiver }[] = []
  readonly #states = new Map<string, SlotState>()
  #list: readonly Slot[] = []

  /** Audio first, each kind with its lead slot first; an unchanged slot is the same object. */
  get list(): readonly Slot[] {
    return this.#list
  }

  add(pc: RTCPeerConnection, kind: MediaKind): void {
    this.#lines.push({ kind, transceiver: pc.addTransceiver(kind, { direction: 'recvonly' }) })
  }

  take(states: readonly SlotState[]): void {
    for (const state of states) this.#states.set(state.slot, state)
  }

  /** Rebuilds the list after an offer gave new lines their mids, or a state changed. */
  read(): readonly Slot[] {
    const leads = new Set<MediaKind>()
    this.#list = this.#lines.flatMap(({ kind, transceiver: { mid, receiver } }) => {
      if (mid === null) return []
      const old = this.#list.find((slot) => slot.mid === mid)
      const state = this.#states.get(mid) ?? old?.state ?? { slot: mid, kind }
      const lead = !leads.has(kind)
      leads.add(kind)
      if (old?.state === state) return [old]
      return [{ mid, kind, lead, receiver, stream: old?.stream ?? new MediaStream([receiver.track]), state }]
    })
    return this.#list
  }
}

/** What is demanded in the slots of a connection that ends, in their order. */
export type Carried = readonly { kind: MediaKind; demand: Demand | undefined }[]

/** What was demanded in the first, second, … slot of a kind, for the first, second, … slot of another connection. */
export function carryOver(wanted: Carried, slots: readonly Slot[]): Demand[] {
  return (['audio', 'video'] as const).flatMap((kind) => {
    const own = slots.filter((slot) => slot.kind === kind)
    const before = wanted.filter((w) => w.kind === kind)
    return own.flatMap(({ mid }, index) => {
      const demand = before[index]?.demand
      return demand ? [{ ...demand, slot: mid }] : []
    })
  })
}
