/** Who comes and goes within this time is told of together. */
const GATHER = 1_000

/** Gathers comings and goings, so that a room that fills up is one announcement. */
export class Crowd {
  #came: string[] = []
  #went: string[] = []
  #timer: ReturnType<typeof setTimeout> | undefined
  readonly #tell: (came: readonly string[], went: readonly string[]) => void

  constructor(tell: (came: readonly string[], went: readonly string[]) => void) {
    this.#tell = tell
  }

  came(name: string): void {
    this.#came.push(name)
    this.#timer ??= setTimeout(() => this.#flush(), GATHER)
  }

  went(name: string): void {
    this.#went.push(name)
    this.#timer ??= setTimeout(() => this.#flush(), GATHER)
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#came = []
    this.#went = []
  }

  #flush(): void {
    const [came, went] = [this.#came, this.#went]
    this.stop()
    this.#tell(came, went)
  }
}
