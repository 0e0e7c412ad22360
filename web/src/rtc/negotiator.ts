/** The offers of one connection, one at a time: what is asked for while one is under way is in the next. */
export class Negotiator {
  readonly #offer: () => Promise<void>
  #asked = false
  #over = false
  #running: Promise<void> | undefined

  constructor(offer: () => Promise<void>) {
    this.#offer = offer
  }

  get busy(): boolean {
    return this.#running !== undefined
  }

  /** Resolves when the offer that is under way was answered or refused. */
  async settled(): Promise<void> {
    await this.#running?.catch(() => undefined)
  }

  /** Offers by `first`; what is asked for meanwhile is offered after it. */
  begin(first: () => Promise<void>): Promise<void> {
    const running = this.#run(first).finally(() => {
      this.#running = undefined
      // What was asked for while a refused offer was under way had no part in that.
      if (this.#asked) setTimeout(() => void this.ask().catch(() => undefined))
    })
    this.#running = running
    return running
  }

  /** Offers soon. Resolves when what was asked for is answered, rejects when it is refused. */
  ask(): Promise<void> {
    if (this.#over) return Promise.resolve()
    this.#asked = true
    return (
      this.#running ??
      this.begin(async () => {
        await Promise.resolve() // so that what is asked for in one go is offered in one go
      })
    )
  }

  /** The connection is closed. */
  stop(): void {
    this.#over = true
    this.#asked = false
  }

  async #run(first: () => Promise<void>): Promise<void> {
    await first()
    while (this.#asked && !this.#over) {
      this.#asked = false
      await this.#offer()
    }
  }
}
