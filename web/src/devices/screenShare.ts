import type { Peer } from '../rtc'
import { openScreen } from './open'
import type { DeviceProblem } from './problem'

export interface ScreenView {
  on: boolean
  sound: boolean
  stream: MediaStream | undefined
  problem: DeviceProblem | undefined
}

const OFF: ScreenView = { on: false, sound: false, stream: undefined, problem: undefined }

/** One's screen, window or tab, while the others see it. */
export class ScreenShare {
  #view = OFF
  #peer: Peer | undefined
  #offPublished: () => void = () => undefined
  /** The browser is asking what to share. */
  #choosing = false
  readonly #onChange: (view: ScreenView) => void

  constructor(onChange: (view: ScreenView) => void) {
    this.#onChange = onChange
  }

  get view(): ScreenView {
    return this.#view
  }

  attach(peer: Peer): void {
    this.#peer = peer
    this.#offPublished = peer.on('published', () => {
      // A moderator muted it: sharing on would only seem to be seen.
      if (this.#view.on && peer.publishedAs('screen')?.muted) this.stop().catch(() => undefined)
    })
  }

  async start(): Promise<void> {
    if (this.#view.on || this.#choosing || !this.#peer) return
    const stream = await this.#choose()
    const [video] = stream?.getVideoTracks() ?? []
    if (!stream || !video) return
    const [audio] = stream.getAudioTracks()
    video.addEventListener('ended', () => {
      if (this.#view.stream === stream) this.stop().catch(() => undefined)
    })
    this.#set({ on: true, sound: audio !== undefined, stream, problem: undefined })
    const published = [this.#publish('screen', video, stream)]
    if (audio) published.push(this.#publish('screen-audio', audio, stream))
    try {
      await Promise.all(published)
    } catch {
      if (this.#view.stream === stream) await this.stop() // the peer tells of refused offers itself
    }
  }

  async stop(): Promise<void> {
    if (!this.#view.stream) return
    const peer = this.#peer
    this.#release()
    await Promise.all([peer?.unpublish('screen'), peer?.unpublish('screen-audio')])
  }

  close(): void {
    this.#offPublished()
    this.#peer = undefined
    this.#release()
  }

  async #publish(source: 'screen' | 'screen-audio', track: MediaStreamTrack, stream: MediaStream): Promise<void> {
    await this.#peer?.publish(source, track, { stream })
  }

  async #choose(): Promise<MediaStream | undefined> {
    this.#choosing = true
    try {
      const stream = await openScreen()
      if (this.#peer) return stream
      for (const track of stream.getTracks()) track.stop() // one has left meanwhile
    } catch (error) {
      const cancelled = error instanceof DOMException && error.name === 'NotAllowedError'
      if (!cancelled) this.#set({ ...OFF, problem: { device: 'screen', reason: 'screenFailed' } })
    } finally {
      this.#choosing = false
    }
    return undefined
  }

  #release(): void {
    for (const track of this.#view.stream?.getTracks() ?? []) track.stop()
    this.#set(OFF)
  }

  #set(view: ScreenView): void {
    this.#view = view
    this.#onChange(view)
  }
}
