// A participant without a user interface: a small client of docs/protocol.md, written apart from web/ so that the two check each other.
(() => {
  const e2e = (globalThis.e2e ??= {});

  /** All remote media candidates become this one UDP address: an impaired path through a relay. */
  e2e.useRelay = (address, port) => { e2e.relay = `a=candidate:1 1 udp 2130706431 ${address} ${port} typ host`; };

  const setRemote = RTCPeerConnection.prototype.setRemoteDescription;
  RTCPeerConnection.prototype.setRemoteDescription = function (description) {
    if (!e2e.relay || !description?.sdp) return setRemote.call(this, description);
    const lines = description.sdp.split('\r\n').filter((line) => !line.startsWith('a=candidate:') && line !== 'a=end-of-candidates');
    lines.splice(lines.findIndex((line) => line.startsWith('a=mid:')) + 1, 0, e2e.relay);
    return setRemote.call(this, { type: description.type, sdp: lines.join('\r\n') });
  };

  const before = (a, b) => ((a - b) | 0) < 0;

  /** The labels of one video slot by the rule of the protocol: announcements first, contributing sources where none covers the frame. */
  class Label {
    constructor(receiver) {
      this.receiver = receiver;
      this.switches = [];
    }
    announce(state) {
      if (state.rtpTimestamp === undefined || state.number === undefined) return;
      const last = this.switches.at(-1);
      if (last && last.rtp === state.rtpTimestamp && last.number === state.number) return;
      this.switches.push({ rtp: state.rtpTimestamp, number: state.number, at: performance.now() });
    }
    covered(rtp) {
      for (let i = this.switches.length - 1; i >= 0; i--) if (!before(rtp, this.switches[i].rtp)) return this.switches[i].number;
      return undefined;
    }
    contributing(rtp) {
      let best;
      for (const entry of this.receiver.getContributingSources()) {
        if (!before(entry.rtpTimestamp, rtp) && (!best || before(entry.rtpTimestamp, best.rtpTimestamp))) best = entry;
      }
      return best?.source;
    }
    /** The number of the publication that the frame with this RTP timestamp shows; undefined: not known (yet). */
    of(rtp) {
      return this.covered(rtp) ?? this.contributing(rtp);
    }
  }

  class Bot {
    /** `first`: the demand of the first video slot, sent in one breath with the offer. */
    constructor({ url, token, name, audioSlots = 0, videoSlots = 0, tracks = [], first }) {
      Object.assign(this, { url, token, name, audioSlots, videoSlots, tracks, first });
      this.nextId = 1;
      this.seq = 0;
      this.gaps = 0;
      this.pending = new Map();
      this.events = [];
      this.participants = new Map();
      this.slots = new Map();
      this.receivers = [];
      this.closed = new Promise((resolve) => { this.resolveClosed = resolve; });
    }

    /** Opens the socket and sends hello, join and offer in one breath; resolves when the answer is applied. */
    async start() {
      this.started = performance.now();
      this.socket = new WebSocket(this.url, 'switchyard.v1');
      this.socket.onmessage = (event) => this.receive(JSON.parse(event.data));
      this.socket.onclose = (event) => {
        clearInterval(this.pinger);
        for (const { reject } of this.pending.values()) reject(new Error(`socket closed: ${event.code} ${event.reason}`));
        this.pending.clear();
        this.resolveClosed({ code: event.code, reason: event.reason });
      };
      const opened = new Promise((resolve, reject) => {
        this.socket.onopen = resolve;
        this.socket.onerror = () => reject(new Error('the socket did not open'));
      });
      const offer = await this.prepare();
      await opened;
      this.pinger = setInterval(() => this.request('ping').catch(() => {}), 5000);
      const hello = this.request('hello', { token: this.token, caps: ['simulcast', 'slots', 'resume', 'republish'], client: 'e2e bot' });
      const join = this.request('join', { name: this.name });
      const answered = this.request('offer', offer);
      const demanded = this.first && this.demand([0, this.first]);
      for (const promise of [join, answered, demanded]) promise?.catch(() => {});
      this.welcome = await hello;
      this.joined = await join;
      await this.apply(await answered);
      await demanded;
      return this;
    }

    async prepare() {
      this.connection ??= new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
      for (const track of this.tracks) {
        if (track.transceiver) continue;
        const encodings = track.encodings?.map(({ rid, scale, maxBitrate, maxFramerate }) => (
          { rid, scaleResolutionDownBy: scale, ...(maxBitrate && { maxBitrate }), ...(maxFramerate && { maxFramerate }) }));
        track.transceiver = this.connection.addTransceiver(track.track, { direction: 'sendonly', ...(encodings && { sendEncodings: encodings }) });
        this.prefer(track, track.codec, true);
      }
      const count = (kind) => this.receivers.filter((line) => line.kind === kind).length;
      for (const [kind, wanted] of [['audio', this.audioSlots], ['video', this.videoSlots]]) {
        while (count(kind) < wanted) this.receivers.push({ kind, transceiver: this.connection.addTransceiver(kind, { direction: 'recvonly' }) });
      }
      await this.connection.setLocalDescription();
      for (const line of this.receivers) {
        line.mid = line.transceiver.mid;
        line.receiver = line.transceiver.receiver;
        line.label ??= new Label(line.receiver);
      }
      return {
        sdp: this.connection.localDescription.sdp,
        tracks: this.tracks.filter((track) => track.transceiver.direction === 'sendonly').map((track) => {
          const { width, height } = track.track.getSettings();
          return {
            mid: track.transceiver.mid, track: track.id, source: track.source, muted: Boolean(track.muted), width: width ?? 0, height: height ?? 0,
            ...(track.encodings && { encodings: track.encodings.map(({ rid, scale, maxBitrate }) => (
              { rid, width: Math.round((width ?? 0) / scale), height: Math.round((height ?? 0) / scale), maxBitrate: maxBitrate ?? 0 })) }),
          };
        }),
      };
    }

    /** Puts a codec first on the track's line; `only`: offers no other. */
    prefer(track, codec, only = false) {
      if (!codec) return;
      const type = `video/${codec}`.toLowerCase();
      const all = RTCRtpSender.getCapabilities('video').codecs;
      const match = (entry) => entry.mimeType.toLowerCase() === type;
      if (!all.some(match)) throw new Error(`this browser does not encode ${codec}`);
      const rest = all.filter((entry) => !match(entry) && (!only || entry.mimeType.toLowerCase() === 'video/rtx'));
      track.transceiver.setCodecPreferences([...all.filter(match), ...rest]);
    }

    async apply(answer) {
      await this.connection.setRemoteDescription({ type: 'answer', sdp: answer.sdp });
      for (const { mid, publication } of answer.publications) this.tracks.find((track) => track.transceiver.mid === mid).publication = publication;
      this.update(answer.slots);
      return answer;
    }

    /** Offers again with what `tracks`, `audioSlots` and `videoSlots` say now. */
    async renegotiate() {
      return this.apply(await this.request('offer', await this.prepare()));
    }

    request(type, fields = {}) {
      const id = this.nextId++;
      const reply = new Promise((resolve, reject) => this.pending.set(id, { resolve, reject, type }));
      this.socket.send(JSON.stringify({ type, id, ack: this.seq || undefined, ...fields }));
      return reply;
    }

    receive(message) {
      if (message.seq !== this.seq + 1) this.gaps++;
      this.seq = message.seq;
      this.events.push({ at: performance.now(), ...message });
      if (message.re) {
        const { resolve, reject } = this.pending.get(message.re);
        this.pending.delete(message.re);
        if (message.type === 'joined') {
          this.participant = message.participant;
          for (const participant of message.participants) this.participants.set(participant.id, participant);
        }
        if (message.type === 'error') reject(Object.assign(new Error(`${message.code}: ${message.message}`), { code: message.code, field: message.field }));
        else resolve(message);
        return;
      }
      if (message.type === 'participants') {
        for (const participant of [...(message.joined ?? []), ...(message.updated ?? [])]) {
          if (participant.id === this.participant.id) this.participant = participant;
          else this.participants.set(participant.id, participant);
        }
        for (const { id } of message.left ?? []) this.participants.delete(id);
      } else if (message.type === 'slots') {
        this.update(message.slots);
      } else if (message.type === 'republish') {
        const track = this.tracks.find((candidate) => candidate.publication === message.publication);
        this.prefer(track, message.codec);
        this.republished = this.renegotiate();
      }
    }

    update(states) {
      for (const state of states) {
        this.slots.set(state.slot, state);
        const line = this.receivers.find((candidate) => candidate.mid === state.slot);
        if (line && state.kind === 'video') {
          line.label.announce(state);
          line.label.heard?.(state);
        }
      }
    }

    /** The n-th video (or audio) slot: {mid, kind, receiver, label}. */
    slot(index, kind = 'video') {
      return this.receivers.filter((line) => line.kind === kind)[index];
    }

    /** Demands for video slots: [index, {source, id, width, height}] pairs. */
    demand(...pairs) {
      return this.request('demand', { demands: pairs.map(([index, demand]) => ({ slot: this.slot(index).mid, ...demand })) });
    }

    /** The publication that others publish under this track id; undefined if there is none. */
    publication(track) {
      for (const participant of this.participants.values()) {
        for (const publication of participant.publications) if (publication.track === track) return publication;
      }
      return undefined;
    }

    /** The track id that a publication number stands for. */
    trackOf(number) {
      for (const participant of this.participants.values()) {
        for (const publication of participant.publications) if (publication.number === number) return publication.track;
      }
      return undefined;
    }

    /**
     * Shows the n-th video slot and reads every frame with its label: each record has `track`, the track id that the label rule says
     * (asked again 30 ms later when it did not know), beside what the picture itself says. `each` is called with every frame.
     */
    watch(index, each) {
      const line = this.slot(index);
      const video = e2e.show(line.receiver.track);
      const record = e2e.watchFrames(video, {
        each: (frame) => {
          each?.(frame);
          const settle = () => {
            frame.number = line.label.of(frame.rtp);
            frame.track = frame.number === undefined ? undefined : this.trackOf(frame.number);
            return frame.track !== undefined;
          };
          if (!settle()) setTimeout(settle, 30);
        },
      });
      record.video = video;
      return record;
    }

    /** Inbound statistics of the n-th slot. */
    async inbound(index, kind = 'video') {
      const line = this.slot(index, kind);
      return (await e2e.rtpStats(this.connection, 'inbound-rtp')).find((entry) => entry.mid === line.mid) ?? { bytesReceived: 0, framesDecoded: 0, packetsReceived: 0 };
    }

    /** Outbound statistics of a track, one entry an encoding. */
    async outbound(id) {
      const { transceiver } = this.tracks.find((track) => track.id === id);
      return (await e2e.rtpStats(this.connection, 'outbound-rtp')).filter((entry) => entry.mid === transceiver.mid);
    }

    async leave() {
      await this.request('leave').catch(() => {});
      this.close();
    }

    /** Ends without a word, as a closed tab does. */
    close() {
      clearInterval(this.pinger);
      this.socket?.close();
      this.connection?.close();
      for (const { stop } of this.tracks) stop?.();
    }
  }

  e2e.Bot = Bot;
  e2e.Label = Label;
  e2e.bots = {};

  /** Makes and starts a bot and keeps it as e2e.bots[key]. */
  e2e.join = async (key, options) => {
    const bot = new Bot(options);
    e2e.bots[key] = bot;
    await bot.start();
    return bot;
  };

  /** A camera track for a bot: track id `camera-ID`, marker id `id`. */
  e2e.cameraTrack = ({ encodings, codec, track, ...options }) => {
    const camera = e2e.camera(options);
    return { id: track ?? `camera-${options.id}`, source: 'camera', track: camera.track, encodings, codec, camera, stop: camera.stop };
  };

  /** A microphone track for a bot: track id `microphone-ID`. */
  e2e.microphoneTrack = ({ track, ...options }) => {
    const microphone = e2e.microphone(options);
    return { id: track ?? `microphone-${options.id}`, source: 'microphone', track: microphone.track, microphone, stop: microphone.stop };
  };
})();
