import type { Demand } from './messages'

/** How long a size must stand before it is told, so that dragging a window border is one demand. */
const SETTLE = 200

/** Sizes are told in steps, so that a tile that grows by a few pixels is no news. */
const STEP = 16

/** What is wanted in each slot, told to the server when it changes: at once if something appears,
 * disappears or is another, a little later if only a size changes. */
export class Demands {
  readonly #wanted = new Map<string, Demand>()
  readonly #told = new Map<string, string>()
  readonly #tell: (demands: Demand[]) => void
  #timer: ReturnType<typeof setTimeout> | undefined
  #urgent = false
  #held = false

  constructor(tell: (demands: Demand[]) => void) {
    this.#tell = tell
  }

  /** Wants something in a slot; `width` and `height` are pixels on the screen. */
  set(demand: Demand): void {
    const next = { ...demand, width: step(demand.width), height: step(demand.height) }
    const before = this.#wanted.get(demand.slot)
    this.#wanted.set(demand.slot, next)
    if (JSON.stringify(before) === JSON.stringify(next)) return
    const sizeOnly = before?.source === next.source && before.id === next.id && hidden(before) === hidden(next)
    this.#schedule(!sizeOnly)
  }

  get(slot: string): Demand | undefined {
    return this.#wanted.get(slot)
  }

  /** Everything is told again: the server has new slots of ours. */
  forgetTold(): void {
    this.#told.clear()
    this.#schedule(true)
  }

  /** The slots are other ones: nothing is wanted any more, and nothing told until the first `flush`. */
  clear(): void {
    this.#held = true
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#wanted.clear()
    this.#told.clear()
  }

  /** Tells what is not told yet, now. */
  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#urgent = false
    this.#held = false
    const news: Demand[] = []
    for (const [slot, demand] of this.#wanted) {
      const text = JSON.stringify(demand)
      if (this.#told.get(slot) === text) continue
      this.#told.set(slot, text)
      news.push(demand)
    }
    if (news.length > 0) this.#tell(news)
  }

  #schedule(urgent: boolean): void {
    if (this.#held || (this.#timer !== undefined && (this.#urgent || !urgent))) return
    clearTimeout(this.#timer)
    this.#urgent = urgent
    this.#timer = setTimeout(() => this.flush(), urgent ? 0 : SETTLE)
  }
}

function hidden({ width, height }: Demand): boolean {
  return width === 0 || height === 0
}

function step(pixels: number): number {
  return Math.ceil(pixels / STEP) * STEP
}
