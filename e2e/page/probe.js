// What a page sees and hears: frames of a video element one by one, tones and beeps of a received audio track.
(() => {
  const e2e = (globalThis.e2e ??= {});

  /**
   * Reads every frame that `video` presents. The record holds {at, rtp, presented, id, frame, flash, width, height} for each, at most `limit`.
   * `each` is called with a frame before it is kept.
   */
  e2e.watchFrames = (video, { limit = 20000, each } = {}) => {
    const record = { frames: [], stopped: false };
    const next = (now, metadata) => {
      if (record.stopped) return;
      const frame = { at: performance.now(), shown: metadata.expectedDisplayTime, rtp: metadata.rtpTimestamp,
        presented: metadata.presentedFrames, width: metadata.width, height: metadata.height, ...e2e.readMarker(video) };
      each?.(frame);
      if (record.frames.length < limit) record.frames.push(frame);
      video.requestVideoFrameCallback(next);
    };
    video.requestVideoFrameCallback(next);
    record.stop = () => { record.stopped = true; };
    return record;
  };

  /** A video element, playing and muted, of the given track. */
  e2e.show = (track) => {
    const video = document.createElement('video');
    video.muted = true;
    video.autoplay = true;
    video.playsInline = true;
    video.style.cssText = 'width:160px;height:90px';
    video.srcObject = track instanceof MediaStream ? track : new MediaStream([track]);
    (document.body ?? document.documentElement).append(video);
    void video.play().catch(() => {});
    return video;
  };

  /** An audio element that plays the track: Chromium feeds Web Audio with a remote track only while an element plays it. */
  e2e.play = (track) => {
    const element = document.createElement('audio');
    element.autoplay = true;
    element.srcObject = track instanceof MediaStream ? track : new MediaStream([track]);
    (document.body ?? document.documentElement).append(element);
    void element.play().catch(() => {});
    return element;
  };

  function goertzel(samples, frequency, rate) {
    const coefficient = 2 * Math.cos((2 * Math.PI * frequency) / rate);
    let a = 0, b = 0;
    for (const sample of samples) [a, b] = [sample + coefficient * a - b, a];
    return (a * a + b * b - coefficient * a * b) / ((samples.length * samples.length) / 4);
  }

  const frequencies = Array.from({ length: 30 }, (_, i) => 400 + 100 * i);

  /**
   * Listens to a track through a ScriptProcessor, which loses no sample. `tone()` says the loudest of all senders' frequencies over
   * the last 100 ms as {frequency, level, purity} (level: amplitude; purity: its share of the window's energy); `onsets` are the times (performance.now) at which
   * sound became louder than `threshold` after a quarter of a second below it.
   */
  e2e.listen = (track, { threshold = 0.05 } = {}) => {
    const context = e2e.audioContext();
    const stream = track instanceof MediaStream ? track : new MediaStream([track]);
    const source = new MediaStreamAudioSourceNode(context, { mediaStream: stream });
    const processor = context.createScriptProcessor(1024, 1, 1);
    const window = new Float32Array(4800);
    const listener = { onsets: [], samples: 0, peak: 0 };
    let quiet = 0;
    const offsets = [];
    processor.onaudioprocess = (event) => {
      const samples = event.inputBuffer.getChannelData(0);
      const rate = context.sampleRate;
      // Callbacks come late, never early: the least lag of the last second is the offset of the two clocks (which may drift: Firefox's
      // stand-in for a sound card runs some per cent slow).
      offsets.push(performance.now() - ((listener.samples + samples.length) / rate) * 1000);
      if (offsets.length > 40) offsets.shift();
      const offset = Math.min(...offsets);
      for (let i = 0; i < samples.length; i++) {
        const loud = Math.abs(samples[i]) > threshold;
        if (loud && quiet > rate / 4) listener.onsets.push(((listener.samples + i) / rate) * 1000 + offset);
        quiet = loud ? 0 : quiet + 1;
      }
      listener.samples += samples.length;
      window.copyWithin(0, samples.length);
      window.set(samples, window.length - samples.length);
    };
    source.connect(processor).connect(context.destination);
    listener.tone = () => {
      let energy = 0;
      for (const sample of window) energy += sample * sample;
      energy /= window.length;
      let best = { frequency: 0, level: 0, purity: 0 };
      for (const frequency of frequencies) {
        const power = goertzel(window, frequency, context.sampleRate);
        if (power > best.level ** 2) best = { frequency, level: Math.sqrt(power), purity: energy ? power / 2 / energy : 0 };
      }
      return best;
    };
    /** Waits for the pure tone of sender `id`; returns its measure. */
    listener.hear = (id, timeout) => e2e.until(`the tone of sender ${id}, ${e2e.toneOf(id)} Hz`, () => {
      const tone = listener.tone();
      return tone.frequency === e2e.toneOf(id) && tone.level > 0.1 && tone.purity > 0.9 && tone;
    }, timeout);
    listener.stop = () => {
      processor.onaudioprocess = null;
      source.disconnect();
      processor.disconnect();
    };
    return listener;
  };

  /** Waits until `condition` (asked every 20 ms) is truthy and returns it; throws after `timeout` ms, saying what was waited for and, if given, what `instead` says. */
  e2e.until = async (what, condition, timeout = 10000, instead = () => undefined) => {
    const end = performance.now() + timeout;
    for (;;) {
      const value = await condition();
      if (value) return value;
      if (performance.now() > end) throw new Error(`waited ${timeout} ms in vain for ${what}; instead: ${JSON.stringify(await instead())}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };

  /** The offsets (ms, positive: the sound is late) between flashes in `frames` and the onsets nearest to them, of flashes after `from` for which there is one within 500 ms. */
  e2e.flashOffsets = (frames, onsets, from = 0) => frames
    .filter((frame, i) => i > 0 && frame.at > from && frame.flash && !frames[i - 1].flash && frame.id === frames[i - 1].id)
    .map(({ at }) => onsets.map((onset) => onset - at).sort((a, b) => Math.abs(a) - Math.abs(b))[0])
    .filter((offset) => Math.abs(offset) < 500);

  /** How late (ms) the sound of a connection is against its picture by the browser's own account, from the estimated playout timestamps of two lines; undefined: it has none. */
  e2e.playoutOffset = async (connection, audioMid, videoMid) => {
    const entries = await e2e.rtpStats(connection, 'inbound-rtp');
    const [audio, video] = [audioMid, videoMid].map((mid) => entries.find((entry) => entry.mid === mid)?.estimatedPlayoutTimestamp);
    return audio && video ? video - audio : undefined;
  };

  /** The RTP statistics of a connection, plain objects, those of type `type`. */
  e2e.rtpStats = async (connection, type) => [...(await connection.getStats()).values()].filter((entry) => entry.type === type).map((entry) => ({ ...entry }));
})();
