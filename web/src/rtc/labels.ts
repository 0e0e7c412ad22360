import { Emitter } from './emitter'
import type { SlotState } from './messages'

/** A frame's arrival in the page, as requestVideoFrameCallback tells it. */
export interface Frame {
  rtpTimestamp: number
}

/** The part of RTCRtpContributingSource that labels need. */
export type Contribution = Pick<RTCRtpContributingSource, 'source' | 'rtpTimestamp' | 'timestamp'>

interface Switch {
  number: number
  /** As announced. */
  rtpTimestamp: number
  /** Moves on with the frames, so that the switch stays in the past of all that follow. */
  since: number
}

interface Shown {
  number: number
  /** A switch to another publication is announced that has not been seen yet. */
  pending: boolean
}

/** Announced switches kept for each slot: frames lag announcements by much less. */
const KEPT = 16

/** 2^32 ticks are 13 hours of video: a switch that long ago must still count as past. */
const FAR = 2 ** 30

/**
 * Says for each video slot whose picture is on the screen, by number of publication, so that the
 * name changes with the picture and never before or after it (docs/protocol.md section 5).
 */
export class Labels extends Emitter<{ label: string }> {
  readonly #switches = new Map<string, Switch[]>()
  readonly #shown = new Map<string, Shown>()
  readonly #lastFrames = new Map<string, number>()
  /** The publication that each slot was last said to carry, whether its first packet is known or not. */
  readonly #newest = new Map<string, number>()

  /** Takes a slot's state from an answer or a `slots` event. */
  announce({ slot, number, rtpTimestamp }: SlotState): void {
    if (number === undefined) {
      this.#newest.delete(slot)
      this.#set(slot, undefined)
      return
    }
    this.#newest.set(slot, number)
    if (rtpTimestamp !== undefined) this.#remember(slot, number, rtpTimestamp)
    const frame = this.#lastFrames.get(slot)
    const before = this.#shown.get(slot)
    // The socket may be slower than the media: the picture on the screen may be of this switch.
    if (frame !== undefined && !this.#isExpected(slot, number, frame)) this.#set(slot, { number, pending: false })
    else if (before) this.#set(slot, { ...before, pending: before.number !== number })
  }

  /** A new peer connection: nothing is known of its slots. */
  reset(): void {
    this.#switches.clear()
    this.#lastFrames.clear()
    this.#newest.clear()
    for (const slot of [...this.#shown.keys()]) this.#set(slot, undefined)
  }

  /**
   * The number of the publication whose picture the slot shows. Undefined: none, or not known, as
   * between the announcement of a switch and its first frame: a browser may show a frame a little
   * before it tells of it, and no name is better than a wrong one.
   */
  label(slot: string): number | undefined {
    const shown = this.#shown.get(slot)
    return shown?.pending ? undefined : shown?.number
  }

  /** Whose picture was on the screen when a frame was last told of, even if it may be another's by now. */
  picture(slot: string): number | undefined {
    return this.#shown.get(slot)?.number
  }

  /** A frame is on the screen: its label, which the slot has from now on. */
  frame(slot: string, { rtpTimestamp }: Frame, sources: readonly Contribution[]): number | undefined {
    this.#lastFrames.set(slot, rtpTimestamp)
    const source = contribution(sources, rtpTimestamp)
    // A source whose newest packet is of this very frame is proof, announced or not.
    const proof = source?.rtpTimestamp === rtpTimestamp ? source.source : undefined
    const number = proof ?? this.#covering(slot, rtpTimestamp) ?? source?.source
    const newest = this.#newest.get(slot)
    const pending = newest !== undefined && newest !== number && this.#isExpected(slot, newest, rtpTimestamp)
    this.#set(slot, number === undefined ? undefined : { number, pending })
    return this.label(slot)
  }

  /** The picture is gone. */
  clear(slot: string): void {
    this.#lastFrames.delete(slot)
    this.#set(slot, undefined)
  }

  #remember(slot: string, number: number, rtpTimestamp: number): void {
    const switches = this.#switches.get(slot) ?? []
    this.#switches.set(slot, switches)
    const newest = switches.at(-1)
    if (newest?.number === number && newest.rtpTimestamp === rtpTimestamp) return
    switches.push({ number, rtpTimestamp, since: rtpTimestamp })
    if (switches.length > KEPT) switches.shift()
  }

  #covering(slot: string, rtpTimestamp: number): number | undefined {
    const found = this.#switches.get(slot)?.findLast((s) => after(rtpTimestamp, s.since) >= 0)
    if (!found) return undefined
    if (after(rtpTimestamp, found.since) > FAR) found.since = (rtpTimestamp - FAR / 2) >>> 0
    return found.number
  }

  /** The first packet of the publication that was announced last is not known, or after the frame. */
  #isExpected(slot: string, newest: number, rtpTimestamp: number): boolean {
    const last = this.#switches.get(slot)?.at(-1)
    return last?.number !== newest || after(rtpTimestamp, last.since) < 0
  }

  #set(slot: string, shown: Shown | undefined): void {
    const before = this.#shown.get(slot)
    if (before?.number === shown?.number && before?.pending === shown?.pending) return
    if (shown) this.#shown.set(slot, shown)
    else this.#shown.delete(slot)
    this.emit('label', slot)
  }
}

/** How far `a` is after `b`, modulo 2^32. */
function after(a: number, b: number): number {
  return (a - b) | 0
}

/** Of a receiver's contributing sources the one that a frame is of: the first not before the frame. */
export function contribution(sources: readonly Contribution[], rtpTimestamp: number): Contribution | undefined {
  let best: Contribution | undefined
  for (const source of sources) {
    const distance = after(source.rtpTimestamp, rtpTimestamp)
    if (distance >= 0 && (!best || distance < after(best.rtpTimestamp, rtpTimestamp))) best = source
  }
  return best
}

/** The number of the publication that an audio slot plays: its most recent source. */
export function audioLabel(sources: readonly Contribution[]): number | undefined {
  let best: Contribution | undefined
  for (const source of sources) if (!best || source.timestamp > best.timestamp) best = source
  return best?.source
}
