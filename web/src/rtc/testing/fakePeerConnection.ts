/** Enough of RTCPeerConnection for a Peer, without media. */
export class FakeTrack {
  readonly kind: 'audio' | 'video'
  readonly id: string
  enabled = true
  stopped = false
  readonly #settings: MediaTrackSettings
  readonly #ended: (() => void)[] = []

  constructor(kind: 'audio' | 'video', settings: MediaTrackSettings = {}) {
    this.kind = kind
    this.id = `${kind}-${Math.random()}`
    this.#settings = settings
  }

  getSettings(): MediaTrackSettings {
    return this.#settings
  }

  stop(): void {
    this.stopped = true
  }

  addEventListener(_name: 'ended', listener: () => void): void {
    this.#ended.push(listener)
  }

  /** The device is gone. */
  end(): void {
    for (const listener of this.#ended) listener()
  }
}

export class FakeTransceiver {
  mid: string | null = null
  stopped = false
  preferences: string[] = []
  readonly receiver = { track: new FakeTrack('video'), getContributingSources: () => [] }
  readonly sender: { track: FakeTrack | null; replaceTrack: (track: FakeTrack | null) => Promise<void> }
  readonly init: RTCRtpTransceiverInit

  constructor(track: FakeTrack | null, init: RTCRtpTransceiverInit) {
    this.init = init
    this.sender = {
      track,
      replaceTrack: (next) => {
        this.sender.track = next
        return Promise.resolve()
      },
    }
  }

  setCodecPreferences(codecs: { mimeType: string }[]): void {
    this.preferences = codecs.map((c) => c.mimeType)
  }

  stop(): void {
    this.stopped = true
  }
}

export class FakePeerConnection {
  readonly transceivers: FakeTransceiver[] = []
  readonly remote: string[] = []
  localDescription: { type: string; sdp: string } | null = null
  signalingState = 'stable'
  iceConnectionState = 'new'
  connectionState = 'new'
  closed = false
  restarts = 0
  rollbacks = 0
  stats: object[] = []
  #offers = 0
  readonly #listeners: (() => void)[] = []

  addTransceiver(what: FakeTrack | string, init: RTCRtpTransceiverInit): FakeTransceiver {
    const transceiver = new FakeTransceiver(typeof what === 'string' ? null : what, init)
    this.transceivers.push(transceiver)
    return transceiver
  }

  addEventListener(_name: string, listener: () => void): void {
    this.#listeners.push(listener)
  }

  /** The path's state; `whole` where DTLS has another opinion. */
  enter(state: string, whole = state): void {
    this.iceConnectionState = state
    this.connectionState = whole
    for (const listener of this.#listeners) listener()
  }

  createOffer(): Promise<{ type: string; sdp: string }> {
    this.#offers += 1
    return Promise.resolve({ type: 'offer', sdp: `offer ${this.#offers}` })
  }

  setLocalDescription(description: { type: string; sdp?: string }): Promise<void> {
    if (description.type === 'rollback') {
      this.rollbacks += 1
      this.signalingState = 'stable'
      return Promise.resolve()
    }
    this.localDescription = { type: 'offer', sdp: description.sdp ?? '' }
    this.signalingState = 'have-local-offer'
    this.transceivers.forEach((t, index) => (t.mid ??= String(index)))
    return Promise.resolve()
  }

  setRemoteDescription({ sdp }: { sdp: string }): Promise<void> {
    this.remote.push(sdp)
    this.signalingState = 'stable'
    return Promise.resolve()
  }

  restartIce(): void {
    this.restarts += 1
  }

  getStats(): Promise<Map<string, object>> {
    return Promise.resolve(new Map(this.stats.map((entry, index) => [String(index), entry])))
  }

  close(): void {
    this.closed = true
    this.signalingState = 'closed'
  }
}
