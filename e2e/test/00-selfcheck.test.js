// The fixtures and their decoders, without the server: what fails after this is the server's.
import assert from 'node:assert/strict';
import http from 'node:http';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import '../page/marker.js';
import { launchers, openPage } from '../lib/browsers.js';
import { cameraFile, microphoneFile } from '../lib/fixtures.js';

const { markerCells, markerFromLumas } = globalThis.e2e;
let server, origin;

before(async () => {
  server = http.createServer((_, response) => response.setHeader('content-type', 'text/html').end('<!doctype html><title>self-check</title><body>'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://localhost:${server.address().port}/`;
});
after(() => server.close());

test('the marker says sender and frame, and refuses what is unclear', () => {
  for (const [id, frame] of [[0, 0], [63, 65535], [21, 1000], [42, 70000]]) {
    const lumas = markerCells(id, frame).map((bit) => (bit ? 220 : 30));
    assert.deepEqual(markerFromLumas(lumas), { id, frame: frame % 65536 });
    assert.equal(markerFromLumas(lumas.with?.(7, 125) ?? lumas.map((luma, i) => (i === 7 ? 125 : luma))), null);
    assert.equal(markerFromLumas(lumas.map((luma) => 255 - luma)), null);
  }
});

/** Runs in the page: two peer connections, one picture of 160 x 90 at 150 kbit/s and one tone; what came out of it. `beeps`: flashes and beeps are waited for. */
async function loopback(id, beeps) {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: { ideal: 640 }, height: { ideal: 360 } } });
  const near = new RTCPeerConnection(), far = new RTCPeerConnection();
  near.onicecandidate = ({ candidate }) => candidate && far.addIceCandidate(candidate);
  far.onicecandidate = ({ candidate }) => candidate && near.addIceCandidate(candidate);
  const tracks = {};
  far.ontrack = ({ track }) => { tracks[track.kind] = track; };
  for (const track of stream.getTracks()) {
    const { width = 640 } = track.getSettings();
    near.addTransceiver(track, { streams: [stream], direction: 'sendonly',
      sendEncodings: track.kind === 'video' ? [{ maxBitrate: 150000, scaleResolutionDownBy: width / 160 }] : [] });
  }
  await near.setLocalDescription();
  await far.setRemoteDescription(near.localDescription);
  await far.setLocalDescription();
  await near.setRemoteDescription(far.localDescription);
  const frames = e2e.watchFrames(e2e.show(tracks.video)).frames;
  e2e.play(tracks.audio);
  const listener = e2e.listen(tracks.audio);
  await e2e.until('a frame', () => frames.length > 0);
  await listener.hear(id);
  const from = performance.now();
  await e2e.until('60 frames', () => frames.length >= 60);
  const pairs = () => e2e.flashOffsets(frames, listener.onsets, from);
  if (beeps) await e2e.until('three flashes with their beeps', () => pairs().length >= 3, 15000);
  const offsets = pairs();
  const sent = (await e2e.rtpStats(near, 'outbound-rtp')).find((entry) => entry.kind === 'video');
  const received = (await e2e.rtpStats(far, 'inbound-rtp')).find((entry) => entry.kind === 'video');
  near.close();
  far.close();
  return {
    ids: [...new Set(frames.map((frame) => frame.id))], unclear: frames.filter((frame) => frame.id === null).length, total: frames.length,
    steps: frames.filter((frame, i) => i > 0 && frame.frame !== frames[i - 1].frame).length,
    width: received.frameWidth, sent: sent.framesSent, decoded: received.framesDecoded, offsets,
  };
}

function assertClear(result, id) {
  assert.deepEqual(result.ids.filter((seen) => seen !== null), [id]);
  assert.ok(result.unclear <= result.total * 0.02, `${result.unclear} of ${result.total} frames unclear`);
  assert.ok(result.steps >= result.total * 0.9, `${result.steps} of ${result.total} frames are new`);
  assert.ok(result.decoded >= result.sent * 0.9, `${result.decoded} of ${result.sent} frames decoded`);
  assert.equal(result.width, 160);
}

test('Chromium: a camera and a microphone from files', async () => {
  const files = { camera: await cameraFile({ id: 9, width: 640, height: 360, fps: 20 }), microphone: await microphoneFile({ id: 9 }) };
  const browser = await launchers.chromium(files);
  try {
    const page = await openPage(browser, origin);
    assertClear(await page.evaluate(loopback, 9, false), 9);
  } finally {
    await browser.close();
  }
});

for (const name of ['chromium', 'firefox']) {
  test(`${name}: a canvas camera and an oscillator microphone, in two windows at once`, async (t) => {
    const browser = await launchers[name]();
    try {
      const pages = [await openPage(browser, origin, { devices: { id: 21, beep: true } }), await openPage(browser, origin, { devices: { id: 5, beep: true } })];
      const results = await Promise.all(pages.map((page, i) => page.evaluate(loopback, [21, 5][i], true)));
      results.forEach((result, i) => {
        assertClear(result, [21, 5][i]);
        // Firefox's stand-in for a sound card is slow, so only Chromium's ear is good for lip sync.
        if (name === 'chromium') for (const offset of result.offsets) assert.ok(Math.abs(offset) < 200, `flash and beep are ${offset} ms apart`);
        t.diagnostic(`offsets of beep after flash: ${result.offsets.map(Math.round)} ms`);
      });
    } finally {
      await browser.close();
    }
  });
}
