import type { Peer } from '../rtc'
import { Emitter } from '../rtc/emitter'
import { type Choices, readChoices, writeChoices } from './choices'
import { openBoth, openCamera, openMicrophone } from './open'
import { type DeviceProblem, problemOf } from './problem'
import { ScreenShare, type ScreenView } from './screenShare'

export type Device = 'camera' | 'microphone'

export interface DeviceView {
  on: boolean
  track: MediaStreamTrack | undefined
  problem: DeviceProblem | undefined
}

/** One's own devices as they are now, never changed in place. */
export interface LocalView {
  microphone: DeviceView
  camera: DeviceView
  screen: ScreenView
  choices: Choices
  /** A device is being opened. */
  busy: boolean
}

const OFF: DeviceView = { on: false, track: undefined, problem: undefined }

/** One's camera, microphone and screen: the preview before joining, and what is published after. */
export class LocalMedia extends Emitter<{ change: LocalView }> {
  #view: LocalView
  #peer: Peer | undefined
  #offPublished: () => void = () => undefined
  readonly #screen = new ScreenShare((screen) => this.#change({ screen }))
  /** Only the newest wish for a device counts: what is opened for an older one is let go again. */
  readonly #wish = { camera: 0, microphone: 0 }
  #opening = 0
  #closed = false

  constructor(choices = readChoices()) {
    super()
    this.#view = { microphone: OFF, camera: OFF, screen: this.#screen.view, choices, busy: false }
  }

  get view(): LocalView {
    return this.#view
  }

  /** Opens what was on the last time. */
  async start(): Promise<void> {
    const { choices } = this.#view
    if (choices.camera && choices.microphone && (await this.#tryBoth(choices))) return
    if (choices.microphone && !this.#view.microphone.track) await this.#open('microphone')
    if (choices.camera && !this.#view.camera.track) await this.#open('camera')
  }

  /** From now on what is on is published, and so is every change. */
  attach(peer: Peer): void {
    this.#peer = peer
    this.#screen.attach(peer)
    for (const device of ['microphone', 'camera'] as const) {
      const { track, on } = this.#view[device]
      if (track) this.#publish(device, track, !on)
    }
    this.#offPublished = peer.on('published', () => this.#readMutes(peer))
  }

  async setMicrophone(on: boolean): Promise<void> {
    this.#choose({ microphone: on })
    const { track } = this.#view.microphone
    if (on && !track) {
      await this.#open('microphone')
      return
    }
    this.#wish.microphone += 1
    if (!track) return
    track.enabled = on
    this.#change({ microphone: { on, track, problem: undefined } })
    await this.#peer?.setMuted('microphone', !on)
  }

  async setCamera(on: boolean): Promise<void> {
    this.#choose({ camera: on })
    if (!on) await this.#turnOff('camera')
    else if (!this.#view.camera.on) await this.#open('camera')
  }

  async useCamera(cameraId: string): Promise<void> {
    this.#choose({ cameraId })
    if (this.#view.camera.on) await this.#open('camera')
  }

  async useMicrophone(microphoneId: string): Promise<void> {
    this.#choose({ microphoneId })
    if (this.#view.microphone.track) await this.#open('microphone')
  }

  useSpeaker(speakerId: string): void {
    this.#choose({ speakerId })
  }

  shareScreen(): Promise<void> {
    return this.#screen.start()
  }

  stopScreen(): Promise<void> {
    return this.#screen.stop()
  }

  /** Lets every device go, also those that are still being opened. */
  close(): void {
    this.#closed = true
    this.#offPublished()
    this.#peer = undefined
    this.#view.microphone.track?.stop()
    this.#view.camera.track?.stop()
    this.#change({ microphone: OFF, camera: OFF })
    this.#screen.close()
  }

  async #tryBoth(choices: Choices): Promise<boolean> {
    const wishes = { microphone: (this.#wish.microphone += 1), camera: (this.#wish.camera += 1) }
    const both = await this.#busyFor(openBoth(choices)).catch(() => undefined)
    if (both) for (const device of ['microphone', 'camera'] as const) this.#got(device, both[device], wishes[device])
    return both !== undefined || this.#closed
  }

  async #open(device: Device): Promise<void> {
    const wish = (this.#wish[device] += 1)
    const open = () => this.#busyFor((device === 'camera' ? openCamera : openMicrophone)(this.#view.choices))
    try {
      this.#got(device, await open().catch((error: unknown) => this.#openAfterRelease(device, wish, open, error)), wish)
    } catch (error) {
      if (this.#isWanted(device, wish)) await this.#turnOff(device, problemOf(device, error))
    }
  }

  /** Telephones open one camera at a time: the old one goes before the new one comes. */
  #openAfterRelease(device: Device, wish: number, open: () => Promise<MediaStreamTrack>, error: unknown) {
    const { track } = this.#view[device]
    if (!track || !this.#isWanted(device, wish) || problemOf(device, error).reason !== 'busy') throw error
    track.stop()
    return open()
  }

  #got(device: Device, track: MediaStreamTrack, wish: number): void {
    if (!this.#isWanted(device, wish)) {
      track.stop()
      return
    }
    const before = this.#view[device]
    const on = before.track && device === 'microphone' ? before.on : true
    track.enabled = on
    track.addEventListener('ended', () => this.#onEnded(device, track))
    this.#change({ [device]: { on, track, problem: undefined } })
    // A published track is replaced first and stopped then, so that nobody sees black frames.
    if (!this.#peer?.publishedAs(device)) before.track?.stop()
    this.#publish(device, track, !on)
  }

  #isWanted(device: Device, wish: number): boolean {
    return !this.#closed && this.#wish[device] === wish
  }

  #publish(device: Device, track: MediaStreamTrack, muted: boolean): void {
    this.#peer?.publish(device, track, { muted }).catch(() => undefined) // the peer tells of refused offers itself
  }

  /** The others are told before the device is let go, so that they see no black frames. */
  async #turnOff(device: Device, problem?: DeviceProblem): Promise<void> {
    this.#wish[device] += 1
    const { track } = this.#view[device]
    this.#change({ [device]: { on: false, track: undefined, problem } })
    try {
      if (this.#peer?.publishedAs(device)) await this.#peer.setMuted(device, true)
    } finally {
      track?.stop()
    }
  }

  /** The device was pulled out, or its permission taken back. */
  #onEnded(device: Device, track: MediaStreamTrack): void {
    if (this.#view[device].track === track) this.#turnOff(device, { device, reason: 'lost' }).catch(() => undefined)
  }

  /** A moderator may have muted something, or one may not publish at all. */
  #readMutes(peer: Peer): void {
    if (!peer.mayPublish) {
      for (const device of ['microphone', 'camera'] as const) if (this.#view[device].track) void this.#turnOff(device)
      return
    }
    const { microphone, camera } = this.#view
    if (microphone.on && peer.publishedAs('microphone')?.muted) this.#change({ microphone: { ...microphone, on: false } })
    if (camera.on && peer.publishedAs('camera')?.muted) this.#change({ camera: OFF })
  }

  #choose(news: Partial<Choices>): void {
    const choices = { ...this.#view.choices, ...news }
    writeChoices(choices)
    this.#change({ choices })
  }

  async #busyFor<T>(opening: Promise<T>): Promise<T> {
    this.#opening += 1
    this.#change({ busy: true })
    try {
      return await opening
    } finally {
      this.#opening -= 1
      this.#change({ busy: this.#opening > 0 })
    }
  }

  #change(news: Partial<LocalView>): void {
    this.#view = { ...this.#view, ...news }
    this.emit('change', this.#view)
  }
}
