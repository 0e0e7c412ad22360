// Fake cameras, microphones and screens made in the page: a canvas with the marker and an oscillator with the sender's tone.
//
// Picture and sound share one timeline (performance.now): once a second, in its first 100 ms, the flash is white and the beep sounds.
(() => {
  const e2e = (globalThis.e2e ??= {});
  const period = 1000, burst = 100;

  /** The tone of a sender: distinct, well inside Opus's band, on exact bins of a 100 ms window. */
  e2e.toneOf = (id) => 400 + 100 * (id % 30);

  let audio;
  e2e.audioContext = () => (audio ??= new AudioContext({ sampleRate: 48000 }));

  function noiseTile(width, height) {
    const tile = new OffscreenCanvas(width, height);
    const context = tile.getContext('2d');
    const image = context.createImageData(width, height);
    let seed = 12345;
    for (let i = 0; i < width * height; i++) {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      const luma = (seed >>> 16) & 255;
      image.data.set([luma, luma, luma, 255], 4 * i);
    }
    context.putImageData(image, 0, 0);
    return tile;
  }

  /** A camera: a video track painted `fps` times a second. `painted` counts its frames. */
  e2e.camera = ({ id, width = 320, height = 180, fps = 20, texture = false }) => {
    const canvas = document.createElement('canvas');
    canvas.width = width;
    canvas.height = height;
    const context = canvas.getContext('2d', { alpha: false });
    context.fillStyle = '#808080';
    context.fillRect(0, 0, width, height);
    const noise = texture && noiseTile(width, Math.ceil(height / 3) + 64);
    const camera = { id, painted: 0 };
    const paint = () => {
      const flash = performance.timeOrigin + performance.now();
      e2e.paintMarker(context, width, height, id, camera.painted, flash % period < burst);
      if (noise) {
        const top = Math.round((4 * height) / 6), left = Math.round(width / 2);
        context.drawImage(noise, (camera.painted * 7) % left, (camera.painted * 5) % 64, width - left, height - top,
          left, top, width - left, height - top);
      }
      camera.painted++;
    };
    paint();
    const stream = canvas.captureStream();
    camera.track = stream.getVideoTracks()[0];
    camera.canvas = canvas;
    const timer = setInterval(paint, 1000 / fps);
    camera.stop = () => {
      clearInterval(timer);
      camera.track.stop();
    };
    return camera;
  };

  /**
   * A microphone: the sender's tone, steady, at `level`; with `beep` the tone at `murmur` and at `level` in the first 100 ms of each second.
   * `speak(false)` silences it.
   */
  e2e.microphone = ({ id, beep = false, level = 0.5, murmur = 0, speaking = true }) => {
    const context = e2e.audioContext();
    const oscillator = new OscillatorNode(context, { frequency: e2e.toneOf(id) });
    const gain = new GainNode(context, { gain: 0 });
    const destination = new MediaStreamAudioDestinationNode(context, { channelCount: 1 });
    oscillator.connect(gain).connect(destination);
    oscillator.start();
    const microphone = { id, track: destination.stream.getAudioTracks()[0] };
    const between = beep ? murmur : level;
    let next = 0, timer;
    // Context time and wall time are tied together shortly before each beep, so that they can't drift apart.
    const schedule = () => {
      const wall = performance.timeOrigin + performance.now();
      const start = (Math.floor(wall / period) + 1) * period;
      if (!speaking || start === next || start - wall > 300) return;
      next = start;
      const at = context.currentTime + (start - wall) / 1000;
      gain.gain.setValueAtTime(level, at);
      gain.gain.setValueAtTime(between, at + burst / 1000);
    };
    microphone.speak = (on) => {
      speaking = on;
      gain.gain.cancelScheduledValues(0);
      gain.gain.setValueAtTime(on ? between : 0, context.currentTime);
    };
    microphone.speak(speaking);
    if (beep) timer = setInterval(schedule, 100);
    microphone.stop = () => {
      clearInterval(timer);
      oscillator.stop();
      microphone.track.stop();
    };
    return microphone;
  };

  /**
   * Makes getUserMedia and getDisplayMedia of this page give the fakes of sender `id`, for browsers whose fake devices take no files.
   * The screen's id is the sender's plus 32; its tone too. Everything opened is in e2e.opened; `end` of one is what the browser does to it when
   * somebody presses its own "stop sharing".
   */
  e2e.fakeDevices = (options) => {
    e2e.opened = [];
    const open = (make, settings) => {
      const source = make(settings), { track } = source;
      // Firefox gives events that a page makes itself to no listener of a track, so listeners for the end are called here.
      const listeners = [];
      track.addEventListener = (type, listener, ...rest) => {
        if (type === 'ended') listeners.push(listener);
        EventTarget.prototype.addEventListener.call(track, type, listener, ...rest);
      };
      source.end = () => {
        source.stop();
        for (const listener of [...listeners, track.onended]) listener?.call(track, new Event('ended'));
      };
      e2e.opened.push(source);
      return track;
    };
    const size = (wanted, fallback) => (typeof wanted === 'object' ? (wanted.exact ?? wanted.ideal ?? wanted.max) : wanted) ?? fallback;
    const devices = navigator.mediaDevices;
    const define = (name, value) => Object.defineProperty(devices, name, { configurable: true, value });
    define('getUserMedia', async (constraints) => {
      const tracks = [];
      if (constraints.audio) tracks.push(open(e2e.microphone, options));
      if (constraints.video) {
        const video = options.width ? options : { ...options, width: size(constraints.video.width, 320), height: size(constraints.video.height, 180) };
        tracks.push(open(e2e.camera, video));
      }
      return new MediaStream(tracks);
    });
    define('getDisplayMedia', async (constraints = { video: true }) => {
      const tracks = [open(e2e.camera, { id: options.id + 32, width: options.screenWidth ?? 800, height: options.screenHeight ?? 600, fps: 5 })];
      if (constraints.audio) tracks.push(open(e2e.microphone, { id: options.id + 32 }));
      return new MediaStream(tracks);
    });
    define('enumerateDevices', async () => ['audioinput', 'videoinput'].map((kind) => (
      { kind, deviceId: `fake-${kind}`, groupId: 'fake', label: `Fake ${kind}`, toJSON() { return this; } })));
  };
})();
