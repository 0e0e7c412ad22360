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
  rtpTimestamp: number
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
  readonly #labels = new Map<string, number>()
  readonly #lastFrames = new Map<string, number>()

  /** Takes a slot's state from an answer or a `slots` event. */
  announce({ slot, number, rtpTimestamp }: SlotState): void {
    if (number === undefined) {
      this.#set(slot, undefined)
      return
    }
    if (rtpTimestamp === undefined) return
    const switches = this.#switches.get(slot) ?? []
    this.#switches.set(slot, switches)
    const newest = switches.at(-1)
    if (newest?.number === number && newest.rtpTimestamp === rtpTimestamp) return
    switches.push({ number, rtpTimestamp })
    if (switches.length > KEPT) switches.shift()
    // The socket may be slower than the media: the picture on the screen may be of this switch.
    const shown = this.#lastFrames.get(slot)
    if (shown !== undefined && after(shown, rtpTimestamp) >= 0) this.#set(slot, number)
  }

  /** A new peer connection: nothing is known of its slots. */
  reset(): void {
    this.#switches.clear()
    this.#lastFrames.clear()
    for (const slot of [...this.#labels.keys()]) this.#set(slot, undefined)
  }

  /** The number of the publication whose picture the slot shows; undefined: none, or not known. */
  label(slot: string): number | undefined {
    return this.#labels.get(slot)
  }

  /** A frame is on the screen: its label, which the slot has from now on. */
  frame(slot: string, { rtpTimestamp }: Frame, sources: readonly Contribution[]): number | undefined {
    this.#lastFrames.set(slot, rtpTimestamp)
    const source = contribution(sources, rtpTimestamp)
    // A source whose newest packet is of this very frame is proof, announced or not.
    const proof = source?.rtpTimestamp === rtpTimestamp ? source.source : undefined
    const label = proof ?? this.#covering(slot, rtpTimestamp) ?? source?.source
    this.#set(slot, label)
    return label
  }

  /** The picture is gone. */
  clear(slot: string): void {
    this.#lastFrames.delete(slot)
    this.#set(slot, undefined)
  }

  #covering(slot: string, rtpTimestamp: number): number | undefined {
    const found = this.#switches.get(slot)?.findLast((s) => after(rtpTimestamp, s.rtpTimestamp) >= 0)
    if (!found) return undefined
    if (after(rtpTimestamp, found.rtpTimestamp) > FAR) found.rtpTimestamp = (rtpTimestamp - FAR / 2) >>> 0
    return found.number
  }

  #set(slot: string, label: number | undefined): void {
    if (this.#labels.get(slot) === label) return
    if (label === undefined) this.#labels.delete(slot)
    else this.#labels.set(slot, label)
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
