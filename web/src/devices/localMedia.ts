import type { Peer, TrackSource } from '../rtc'
import { Emitter } from '../rtc/emitter'
import { type Choices, readChoices, writeChoices } from './choices'
import { openBoth, openCamera, openMicrophone, openScreen } from './open'
import { type DeviceProblem, problemOf } from './problem'

/** One's own devices as they are now, never changed in place. */
export interface LocalView {
  microphone: { on: boolean; track: MediaStreamTrack | undefined; problem: DeviceProblem | undefined }
  camera: { on: boolean; track: MediaStreamTrack | undefined; problem: DeviceProblem | undefined }
  screen: { on: boolean; sound: boolean; stream: MediaStream | undefined; problem: DeviceProblem | undefined }
  choices: Choices
  /** A device is being opened. */
  busy: boolean
}

/** One's camera, microphone and screen: the preview before joining, and what is published after. */
export class LocalMedia extends Emitter<{ change: LocalView }> {
  #view: LocalView
  #peer: Peer | undefined
  #offPublished: () => void = () => undefined

  constructor(choices = readChoices()) {
    super()
    const off = { on: false, track: undefined, problem: undefined }
    const screen = { on: false, sound: false, stream: undefined, problem: undefined }
    this.#view = { microphone: off, camera: off, screen, choices, busy: false }
  }

  get view(): LocalView {
    return this.#view
  }

  /** Opens what was on the last time. */
  async start(): Promise<void> {
    const { choices } = this.#view
    if (!choices.camera && !choices.microphone) return
    this.#change({ busy: true })
    if (choices.camera && choices.microphone) {
      const both = await openBoth(choices).catch(() => undefined)
      if (both) {
        this.#gotMicrophone(both.microphone)
        this.#gotCamera(both.camera)
        this.#change({ busy: false })
        return
      }
    }
    if (choices.microphone) await this.#tryMicrophone()
    if (choices.camera) await this.#tryCamera()
    this.#change({ busy: false })
  }

  /** From now on what is on is published, and so is every change. */
  attach(peer: Peer): void {
    this.#peer = peer
    const { microphone, camera } = this.#view
    const failed = () => undefined // the peer tells of refused offers itself
    if (microphone.track) peer.publish('microphone', microphone.track, { muted: !microphone.on }).catch(failed)
    if (camera.track) peer.publish('camera', camera.track).catch(failed)
    this.#offPublished = peer.on('published', () => this.#readMutes(peer))
  }

  async setMicrophone(on: boolean): Promise<void> {
    this.#choose({ microphone: on })
    const { track } = this.#view.microphone
    if (on && !track) await this.#tryMicrophone()
    else if (track) {
      track.enabled = on
      this.#change({ microphone: { on, track, problem: undefined } })
      await this.#peer?.setMuted('microphone', !on)
    }
  }

  async setCamera(on: boolean): Promise<void> {
    this.#choose({ camera: on })
    if (on) {
      if (!this.#view.camera.on) await this.#tryCamera()
      return
    }
    const { track } = this.#view.camera
    this.#change({ camera: { on: false, track: undefined, problem: undefined } })
    if (this.#peer?.publishedAs('camera')) await this.#peer.setMuted('camera', true)
    track?.stop()
  }

  async useCamera(cameraId: string): Promise<void> {
    this.#choose({ cameraId })
    if (this.#view.camera.on) await this.#tryCamera()
  }

  async useMicrophone(microphoneId: string): Promise<void> {
    this.#choose({ microphoneId })
    if (this.#view.microphone.track) await this.#tryMicrophone(this.#view.microphone.on)
  }

  useSpeaker(speakerId: string): void {
    this.#choose({ speakerId })
  }

  async shareScreen(): Promise<void> {
    if (this.#view.screen.on || !this.#peer) return
    let stream: MediaStream
    try {
      stream = await openScreen()
    } catch (error) {
      const cancelled = error instanceof DOMException && error.name === 'NotAllowedError'
      if (!cancelled) this.#setScreen({ problem: { device: 'screen', reason: 'screenFailed' } })
      return
    }
    const [video] = stream.getVideoTracks()
    const [audio] = stream.getAudioTracks()
    if (!video) return
    video.addEventListener('ended', () => void this.stopScreen())
    this.#setScreen({ on: true, sound: audio !== undefined, stream, problem: undefined })
    const published = [this.#peer.publish('screen', video, { stream })]
    if (audio) published.push(this.#peer.publish('screen-audio', audio, { stream }))
    await Promise.all(published)
  }

  async stopScreen(): Promise<void> {
    const { stream } = this.#view.screen
    if (!stream) return
    this.#setScreen({ on: false, sound: false, stream: undefined })
    for (const track of stream.getTracks()) track.stop()
    await Promise.all([this.#peer?.unpublish('screen'), this.#peer?.unpublish('screen-audio')])
  }

  /** Lets every device go. */
  close(): void {
    this.#offPublished()
    this.#peer = undefined
    const { microphone, camera, screen } = this.#view
    microphone.track?.stop()
    camera.track?.stop()
    for (const track of screen.stream?.getTracks() ?? []) track.stop()
    const off = { on: false, track: undefined, problem: undefined }
    this.#change({ microphone: off, camera: off })
    this.#setScreen({ on: false, sound: false, stream: undefined, problem: undefined })
  }

  async #tryMicrophone(on = true): Promise<void> {
    try {
      this.#gotMicrophone(await openMicrophone(this.#view.choices), on)
    } catch (error) {
      this.#change({ microphone: { on: false, track: undefined, problem: problemOf('microphone', error) } })
    }
  }

  async #tryCamera(): Promise<void> {
    try {
      this.#gotCamera(await openCamera(this.#view.choices))
    } catch (error) {
      this.#change({ camera: { on: false, track: undefined, problem: problemOf('camera', error) } })
    }
  }

  #gotMicrophone(track: MediaStreamTrack, on = true): void {
    this.#view.microphone.track?.stop()
    track.enabled = on
    track.addEventListener('ended', () => this.#onEnded('microphone', track))
    this.#change({ microphone: { on, track, problem: undefined } })
    this.#publish('microphone', track, !on)
  }

  #gotCamera(track: MediaStreamTrack): void {
    this.#view.camera.track?.stop()
    track.addEventListener('ended', () => this.#onEnded('camera', track))
    this.#change({ camera: { on: true, track, problem: undefined } })
    this.#publish('camera', track, false)
  }

  #publish(source: TrackSource, track: MediaStreamTrack, muted: boolean): void {
    this.#peer?.publish(source, track, { muted }).catch(() => undefined)
  }

  /** The device was pulled out, or its permission taken back. */
  #onEnded(device: 'camera' | 'microphone', track: MediaStreamTrack): void {
    if (this.#view[device].track !== track) return
    this.#change({ [device]: { on: false, track: undefined, problem: { device, reason: 'lost' } } })
    this.#peer?.setMuted(device, true).catch(() => undefined)
  }

  /** A moderator may have muted something. */
  #readMutes(peer: Peer): void {
    const { microphone, camera } = this.#view
    if (microphone.on && peer.publishedAs('microphone')?.muted) this.#change({ microphone: { ...microphone, on: false } })
    if (camera.on && peer.publishedAs('camera')?.muted) {
      this.#change({ camera: { on: false, track: undefined, problem: undefined } })
    }
  }

  #choose(news: Partial<Choices>): void {
    const choices = { ...this.#view.choices, ...news }
    writeChoices(choices)
    this.#change({ choices })
  }

  #setScreen(news: Partial<LocalView['screen']>): void {
    this.#change({ screen: { ...this.#view.screen, ...news } })
  }

  #change(news: Partial<LocalView>): void {
    this.#view = { ...this.#view, ...news }
    this.emit('change', this.#view)
  }
}
