import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Peer } from '../rtc'
import { FakePeerConnection, FakeTrack } from '../rtc/testing/fakePeerConnection'
import { LocalMedia } from './localMedia'

/** Devices that open when a test lets them. */
class FakeDevices {
  readonly opened: FakeTrack[] = []
  readonly waiting: { give: () => void; refuse: (name: string) => void }[] = []
  held = false

  readonly getUserMedia = (wanted: MediaStreamConstraints) => this.#open(wanted)
  readonly getDisplayMedia = () => this.#open({ video: true })

  get live(): string[] {
    return this.opened.filter((t) => !t.stopped).map((t) => t.kind)
  }

  #open({ audio, video }: MediaStreamConstraints): Promise<object> {
    return new Promise((resolve, reject) => {
      const give = () => {
        const make = (kind: 'audio' | 'video') => {
          const track = new FakeTrack(kind)
          this.opened.push(track)
          return track
        }
        const tracks = [...(audio ? [make('audio')] : []), ...(video ? [make('video')] : [])]
        const ofKind = (kind: string) => () => tracks.filter((t) => t.kind === kind)
        resolve({ getTracks: () => tracks, getAudioTracks: ofKind('audio'), getVideoTracks: ofKind('video') })
      }
      this.waiting.push({ give, refuse: (name) => reject(new DOMException('', name)) })
      if (!this.held) give()
    })
  }
}

let devices: FakeDevices
const settle = () => vi.advanceTimersByTimeAsync(0)

beforeEach(() => {
  vi.useFakeTimers()
  devices = new FakeDevices()
  vi.stubGlobal('MediaStream', Object)
  vi.stubGlobal('navigator', { mediaDevices: devices })
  vi.stubGlobal('window', { isSecureContext: true })
  vi.stubGlobal('localStorage', { getItem: () => null, setItem: () => undefined })
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

async function published(media: LocalMedia) {
  const peer = new Peer({
    request: (body) =>
      Promise.resolve(
        body.type === 'offer'
          ? { type: 'answer', sdp: '', slots: [], publications: body.tracks.map((t) => ({ mid: t.mid, publication: t.track })) }
          : { type: 'ok' },
      ) as never,
    createConnection: () => new FakePeerConnection() as never,
  })
  media.attach(peer)
  const begin = await peer.open()
  begin()
  await settle()
  return peer
}

it('opens both and publishes what is on', async () => {
  const media = new LocalMedia()
  await media.start()
  const peer = await published(media)
  expect(peer.published.map((p) => p.publication)).toEqual(['microphone', 'camera'])
  media.close()
  expect(devices.live).toEqual([])
})

describe('a device that opens late', () => {
  it('is let go if one has left meanwhile', async () => {
    devices.held = true
    const media = new LocalMedia()
    const started = media.start()
    media.close()
    devices.waiting[0]?.give()
    await started
    expect(devices.opened).toHaveLength(2)
    expect(devices.live).toEqual([])
  })

  it('is let go if it was turned off meanwhile', async () => {
    const media = new LocalMedia({ camera: false, microphone: false })
    devices.held = true
    void media.setCamera(true)
    void media.setCamera(false)
    devices.waiting[0]?.give()
    await settle()
    expect(media.view.camera.on).toBe(false)
    expect(devices.live).toEqual([])
  })

  it('is opened once, however often one clicks', async () => {
    const media = new LocalMedia({ camera: false, microphone: false })
    await Promise.all([media.setCamera(true), media.setCamera(true), media.setMicrophone(true), media.setMicrophone(true)])
    expect(devices.live).toEqual(['video', 'audio'])
    expect(media.view).toMatchObject({ busy: false, camera: { on: true }, microphone: { on: true } })
  })
})

describe('another camera', () => {
  it('takes over the line, and the old one is let go', async () => {
    const media = new LocalMedia()
    await media.start()
    const peer = await published(media)
    await media.useCamera('other')
    await settle()
    expect(devices.live).toEqual(['audio', 'video'])
    expect(peer.publishedAs('camera')?.track).toBe(devices.opened.at(-1))
  })

  it('may need the old one to go first', async () => {
    const media = new LocalMedia()
    await media.start()
    devices.held = true
    const used = media.useCamera('other')
    devices.waiting.at(-1)?.refuse('NotReadableError')
    await settle()
    devices.waiting.at(-1)?.give()
    await used
    expect(media.view.camera.on).toBe(true)
    expect(devices.live).toEqual(['audio', 'video'])
  })

  it('that can not be opened leaves nothing running that seems off', async () => {
    const media = new LocalMedia()
    await media.start()
    const peer = await published(media)
    devices.held = true
    const used = media.useCamera('other')
    devices.waiting.at(-1)?.refuse('NotAllowedError')
    await used
    expect(media.view.camera).toMatchObject({ on: false, problem: { reason: 'denied' } })
    expect(peer.publishedAs('camera')?.muted).toBe(true)
    expect(devices.live).toEqual(['audio'])
  })
})

it('keeps a microphone muted when another one is chosen', async () => {
  const media = new LocalMedia()
  await media.start()
  await published(media)
  await media.setMicrophone(false)
  await media.useMicrophone('other')
  expect(media.view.microphone.on).toBe(false)
  expect(devices.opened.at(-1)?.enabled).toBe(false)
})

it('tells the others that a device was pulled out', async () => {
  const media = new LocalMedia()
  await media.start()
  const peer = await published(media)
  devices.opened.find((t) => t.kind === 'audio')?.end()
  await settle()
  expect(media.view.microphone).toMatchObject({ on: false, problem: { reason: 'lost' } })
  expect(peer.publishedAs('microphone')?.muted).toBe(true)
  await media.setMicrophone(true)
  expect(peer.publishedAs('microphone')?.muted).toBe(false)
})

describe('a screen', () => {
  it('is asked for once, however often one clicks', async () => {
    const media = new LocalMedia({ camera: false, microphone: false })
    const peer = await published(media)
    await Promise.all([media.shareScreen(), media.shareScreen()])
    expect(devices.live).toEqual(['video'])
    expect(peer.publishedAs('screen')).toBeDefined()
  })

  it('is let go if one left while choosing', async () => {
    const media = new LocalMedia({ camera: false, microphone: false })
    await published(media)
    devices.held = true
    const shared = media.shareScreen()
    media.close()
    devices.waiting[0]?.give()
    await shared
    expect(devices.live).toEqual([])
    expect(media.view.screen.on).toBe(false)
  })

  it('ends by the browser without ending the next one', async () => {
    const media = new LocalMedia({ camera: false, microphone: false })
    const peer = await published(media)
    await media.shareScreen()
    const [first] = devices.opened
    first?.end()
    await settle()
    expect(peer.publishedAs('screen')).toBeUndefined()
    await media.shareScreen()
    first?.end()
    await settle()
    expect(media.view.screen.on).toBe(true)
  })

  it('is no longer shared when a moderator muted it', async () => {
    const media = new LocalMedia({ camera: false, microphone: false })
    const peer = await published(media)
    await media.shareScreen()
    peer.onMuted({ publication: 'screen', by: 'host' })
    await settle()
    expect(media.view.screen.on).toBe(false)
    expect(devices.live).toEqual([])
  })
})

it('lets the devices go when one may not publish', async () => {
  const media = new LocalMedia()
  await media.start()
  const peer = await published(media)
  peer.onJoined({ participant: { grants: ['subscribe'], publications: [] } as never })
  await settle()
  expect(devices.live).toEqual([])
  expect(media.view.camera.on).toBe(false)
})
