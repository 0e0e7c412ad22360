import { type PlannedEncoding, planEncodings } from './encodings'
import { offerExtensions } from './extensions'
import type { Codec, MediaKind, TrackOffer, TrackSource } from './messages'

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
  readonly #size: { width: number; height: number }
  readonly #stream: MediaStream
  #codec: Codec | undefined

  constructor(source: TrackSource, track: MediaStreamTrack, stream: MediaStream, muted: boolean) {
    this.source = source
    this.kind = track.kind === 'audio' ? 'audio' : 'video'
    this.track = track
    this.muted = muted
    this.#stream = stream
    const { width = 0, height = 0 } = track.getSettings()
    this.#size = { width, height }
  }

  /** Adds its line to a connection that is about to offer. */
  addTo(pc: RTCPeerConnection): void {
    const init: RTCRtpTransceiverInit = { direction: 'sendonly', streams: [this.#stream] }
    if (this.kind === 'video') init.sendEncodings = this.#encodings().map((e) => parameters(e, this.source))
    this.transceiver = pc.addTransceiver(this.track ?? this.kind, init)
    offerExtensions(this.transceiver)
    this.publication = undefined
    if (this.#codec) this.prefer(this.#codec)
  }

  /** Puts `codec` first on the line; the next offer says so. */
  prefer(codec: Codec): void {
    this.#codec = codec
    const codecs = RTCRtpSender.getCapabilities(this.kind)?.codecs ?? []
    const wanted = `${this.kind}/${codec}`
    const first = codecs.filter((c) => c.mimeType.toLowerCase() === wanted)
    if (first.length === 0) return
    this.transceiver?.setCodecPreferences([...first, ...codecs.filter((c) => !first.includes(c))])
  }

  /** Its entry in an offer; undefined while it has no line. */
  describe(): TrackOffer | undefined {
    const mid = this.transceiver?.mid
    if (!mid) return undefined
    const encodings = this.kind === 'video' ? this.#encodings() : []
    return {
      mid,
      track: this.source,
      source: this.source,
      muted: this.muted,
      ...this.#size,
      ...(encodings.length > 1 && {
        encodings: encodings.map(({ rid, width, height, maxBitrate }) => ({ rid, width, height, maxBitrate })),
      }),
    }
  }

  #encodings(): PlannedEncoding[] {
    return planEncodings(this.source, this.#size.width, this.#size.height)
  }
}

function parameters(encoding: PlannedEncoding, source: TrackSource): RTCRtpEncodingParameters {
  const { scaleResolutionDownBy, maxBitrate, rid } = encoding
  if (source === 'screen') return { maxBitrate }
  return { rid, scaleResolutionDownBy, maxBitrate }
}
