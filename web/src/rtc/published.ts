import { type PlannedEncoding, planEncodings } from './encodings'
import { offerExtensions } from './extensions'
import type { Codec, MediaKind, TrackOffer, TrackSource } from './messages'

/** A device is let go after its line is empty, or after so long if a connection that closes never says so. */
const LET_GO = 300

/** What one publishes, over as many peer connections as it takes. */
export class Published {
  readonly source: TrackSource
  readonly kind: MediaKind
  track: MediaStreamTrack | null
  muted: boolean
  /** The publication's id, once the server has given it. */
  publication: string | undefined
  transceiver: RTCRtpTransceiver | undefined
  /** What the server was last told. */
  announcedMuted = false
  readonly #stream: MediaStream
  #size = { width: 0, height: 0 }
  #encodings: PlannedEncoding[] = []
  #codec: Codec | undefined

  constructor(source: TrackSource, track: MediaStreamTrack, stream: MediaStream, muted: boolean) {
    this.source = source
    this.kind = track.kind === 'audio' ? 'audio' : 'video'
    this.track = track
    this.muted = muted
    this.#stream = stream
  }

  /** Adds its line to a connection that is about to offer. */
  addTo(pc: RTCPeerConnection): void {
    const { width, height } = this.#measure()
    const init: RTCRtpTransceiverInit = { direction: 'sendonly', streams: [this.#stream] }
    if (this.kind === 'video') {
      this.#encodings = planEncodings(this.source, width, height)
      init.sendEncodings = this.#encodings.map((e) => parameters(e, this.source))
    }
    this.transceiver = pc.addTransceiver(this.track ?? this.kind, init)
    offerExtensions(this.transceiver)
    if (this.#codec) this.prefer(this.#codec)
  }

  /** Sends another track, or none, on the same line; the old one is stopped. Settles when that is done. */
  async swap(track: MediaStreamTrack | null): Promise<void> {
    const old = this.track
    this.track = track
    if (track) track.enabled = !this.muted
    if (old === track) return
    // The line is emptied before the device is let go, or receivers would get black frames.
    const late = setTimeout(() => old?.stop(), LET_GO)
    try {
      await this.transceiver?.sender.replaceTrack(track)
    } finally {
      clearTimeout(late)
      old?.stop()
    }
  }

  /** Puts `codec` first on the line; the next offer says so. False if this browser can't send it. */
  prefer(codec: Codec): boolean {
    const codecs = RTCRtpSender.getCapabilities(this.kind)?.codecs ?? []
    const wanted = `${this.kind}/${codec}`
    const first = codecs.filter((c) => c.mimeType.toLowerCase() === wanted)
    if (first.length === 0) return false
    this.#codec = codec
    this.transceiver?.setCodecPreferences([...first, ...codecs.filter((c) => !first.includes(c))])
    return true
  }

  /** Its entry in an offer; undefined while it has no line. */
  describe(): TrackOffer | undefined {
    const mid = this.transceiver?.mid
    if (!mid) return undefined
    const { width, height } = this.#measure()
    return {
      mid,
      track: this.source,
      source: this.source,
      muted: this.muted,
      width,
      height,
      // The line keeps its encodings when another device takes it over; their sizes follow the device.
      ...(this.#encodings.length > 1 && {
        encodings: this.#encodings.map(({ rid, scaleResolutionDownBy: scale, maxBitrate }) => ({
          rid,
          width: Math.round(width / scale),
          height: Math.round(height / scale),
          maxBitrate,
        })),
      }),
    }
  }

  /** The size of the capture, or what it was before it was let go. */
  #measure(): { width: number; height: number } {
    const { width = 0, height = 0 } = this.track?.getSettings() ?? {}
    if (width > 0 && height > 0) this.#size = { width, height }
    return this.#size
  }
}

function parameters(encoding: PlannedEncoding, source: TrackSource): RTCRtpEncodingParameters {
  const { scaleResolutionDownBy, maxBitrate, rid } = encoding
  if (source === 'screen') return { maxBitrate }
  return { rid, scaleResolutionDownBy, maxBitrate }
}
