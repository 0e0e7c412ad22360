// Show 3: a tile's size decides the bytes received; a hidden tile costs nothing; loss on the way up is repaired by retransmission.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stage } from '../lib/harness.js';
import { cameraFile } from '../lib/fixtures.js';
import { udpRelay } from '../lib/relay.js';
import { figure } from '../lib/measure.js';
import { enter, press } from '../lib/room.js';

const studio = async () => ({ browser: 'chromium', camera: await cameraFile({ id: 11, width: 1280, height: 720, fps: 15 }) });
const scene = stage({ browsers: { chromium: {}, firefox: {}, studio } });

/** In the page: joins with the browser's own camera at 1280 x 720 in three layers. */
async function publishStudio(url, token) {
  const stream = await navigator.mediaDevices.getUserMedia({ video: { width: { exact: 1280 }, height: { exact: 720 } } });
  const [track] = stream.getVideoTracks();
  const encodings = [{ rid: 'q', scale: 4, maxBitrate: 150000 }, { rid: 'h', scale: 2, maxBitrate: 450000 }, { rid: 'f', scale: 1, maxBitrate: 1500000 }];
  await e2e.join('studio', { url, token, tracks: [{ id: 'camera-11', source: 'camera', track, encodings, stop: () => track.stop() }] });
}

/** In the page: asks for a size and, when its picture is there, says what 3 s of it cost. */
async function bytesAt(size, index, id) {
  const bot = e2e.bots.viewer;
  await bot.demand([index, { source: 'track', id, width: size[0], height: size[1] }]);
  await e2e.until(`a picture of ${size}`, async () => (await bot.inbound(index)).frameWidth === size[0], 15000);
  const first = await bot.inbound(index);
  await new Promise((resolve) => setTimeout(resolve, 3000));
  const last = await bot.inbound(index);
  return { kbps: ((last.bytesReceived - first.bytesReceived) * 8) / (last.timestamp - first.timestamp), width: last.frameWidth, frames: last.framesDecoded - first.framesDecoded };
}

test('a tile’s size decides its bytes, and hiding it stops them', async (t) => {
  const room = scene.room();
  const [large, small, view] = await Promise.all([scene.plain('studio'), scene.plain('chromium'), scene.plain('chromium')]);
  await large.evaluate(publishStudio, scene.server.websocket, await scene.server.token(room, 'studio'));
  for (const id of [1, 2, 3, 4]) await scene.join(small, room, `small-${id}`, { cameras: [{ id, width: 320, height: 180, fps: 10 }] });
  await scene.join(view, room, 'viewer', { videoSlots: 5 });

  const pictures = await view.evaluate(async () => {
    const bot = e2e.bots.viewer;
    const wanted = [11, 1, 2, 3, 4];
    await e2e.until('five publications', () => wanted.every((id) => bot.publication(`camera-${id}`)));
    await bot.demand(...wanted.map((id, i) => [i, { source: 'track', id: bot.publication(`camera-${id}`).id, width: 320, height: 180 }]));
    const records = wanted.map((_, i) => bot.watch(i));
    await e2e.until('five pictures', () => records.every((record, i) => record.frames.some((frame) => frame.id === wanted[i])), 15000);
    records.slice(1).forEach((record) => record.stop());
    return records.map((record, i) => record.frames.filter((frame) => frame.id !== null && frame.id !== wanted[i]).length);
  });
  assert.deepEqual(pictures, [0, 0, 0, 0, 0], 'frames of another sender');

  const id = await view.evaluate(() => e2e.bots.viewer.publication('camera-11').id);
  const costs = [];
  for (const size of [[320, 180], [640, 360], [1280, 720], [320, 180]]) costs.push(await view.evaluate(bytesAt, size, 0, id));
  t.diagnostic(`costs: ${costs.map(({ width, kbps, frames }) => `${width} px ${Math.round(kbps)} kbit/s ${frames} frames`).join(', ')}`);
  for (const { frames } of costs) assert.ok(frames >= 5, `${frames} frames in 3 s`);
  // Bytes of a frame: how many frames there are is for the publisher's processor to say, which encodes three layers beside three browsers.
  const perFrame = costs.map(({ kbps, frames }) => kbps / frames);
  assert.ok(perFrame[1] > 1.3 * perFrame[0], 'the middle size costs more than the small one');
  assert.ok(perFrame[2] > 1.3 * perFrame[1], 'the full size costs more than the middle one');
  assert.ok(perFrame[3] < perFrame[1], 'the small size again costs less');

  const hidden = await view.evaluate(async () => {
    const bot = e2e.bots.viewer;
    const asked = performance.now();
    const reply = bot.demand([0, { source: 'track', id: bot.publication('camera-11').id, width: 0, height: 0 }]);
    let bytes = -1, last = asked;
    while (performance.now() - Math.max(last, asked) < 2500) {
      const { bytesReceived } = await bot.inbound(0);
      if (bytesReceived !== bytes) [bytes, last] = [bytesReceived, performance.now()];
      if (last - asked > 10000) break;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    await reply;
    return { ms: last - asked, paused: bot.slots.get(bot.slot(0).mid).paused };
  });
  figure(t, 'hidden tile: bytes stop after', hidden.ms, { goal: 1000 });
  assert.equal(hidden.paused, 'hidden');
  await scene.clear(large, small, view);
});

test('the page asks for what its tile shows', async (t) => {
  const room = scene.room();
  const large = await scene.plain('studio');
  await large.evaluate(publishStudio, scene.server.websocket, await scene.server.token(room, 'studio', { name: 'Studio' }));
  const page = await enter(scene, 'chromium', room, 'Ada', { devices: { id: 6, width: 160, height: 90 } });
  const widths = [];
  for (const [width, height, expected] of [[1300, 900, 1280], [420, 400, 640], [1300, 900, 1280]]) {
    await page.setViewport({ width, height });
    widths.push(await page.evaluate(async (wanted) => {
      const record = await e2e.watchTile('tudio');
      const shown = () => record.frames.at(-1);
      await e2e.until(`a picture ${wanted} wide`, () => shown().width === wanted && shown().id === 11, 20000, async () => [shown(), record.frames.length, e2e.tile('tudio')?.getBoundingClientRect()]);
      record.stop();
      return shown().width;
    }, expected));
  }
  t.diagnostic(`widths of the picture as the window is large, small, large: ${widths}`);
  // Minimised or behind another tab, the page asks for nothing. Headless browsers hide no page, so it is told that it is hidden.
  const hidden = await page.evaluate(async () => {
    Object.defineProperty(document, 'hidden', { configurable: true, value: true });
    document.dispatchEvent(new Event('visibilitychange'));
    const bytes = async () => (await window.switchyard.stats()).tracks.filter(({ direction, kind }) => direction === 'in' && kind === 'video').reduce((sum, track) => sum + track.bytes, 0);
    const start = performance.now();
    let last = await bytes(), at = start;
    await e2e.until('a second without pictures', async () => {
      const now = await bytes();
      if (now !== last) [last, at] = [now, performance.now()];
      return performance.now() - at > 1000;
    });
    return at - start;
  });
  t.diagnostic(`hidden page: its pictures stop after ${Math.round(hidden)} ms, of which it waits 2000`);
  assert.ok(hidden < 2000 + 5000);
  assert.deepEqual(page.errors, []);
  await press(page, 'leave');
  await scene.clear(page, large);
});

test('Firefox sends two layers; 5 % loss on the way up is repaired', async (t) => {
  const room = scene.room();
  const relay = await udpRelay(scene.server.media, { seed: 7 });
  const [sender, view] = await Promise.all([scene.plain('firefox', { init: `globalThis.e2e.useRelay('${relay.address}', ${relay.port});` }), scene.plain('chromium')]);
  await scene.join(sender, room, 'sender', {
    cameras: [{ id: 12, width: 640, height: 360, fps: 20, texture: true, encodings: [{ rid: 'h', scale: 2, maxBitrate: 150000 }, { rid: 'f', scale: 1, maxBitrate: 500000 }] }],
  });
  await scene.join(view, room, 'viewer', { videoSlots: 1 });
  const show = (size) => view.evaluate(async ([width, height]) => {
    const bot = e2e.bots.viewer;
    await e2e.until('the publication', () => bot.publication('camera-12'));
    await bot.demand([0, { source: 'track', id: bot.publication('camera-12').id, width, height }]);
    bot.record ??= bot.watch(0);
    await e2e.until(`a picture ${width} wide`, () => bot.record.frames.at(-1)?.width === width, 15000);
  }, size);
  await show([320, 180]);
  await show([640, 360]);

  relay.impair({ up: { loss: 0.05 } });
  const lossBefore = { ...relay.counts.up };
  const sending = () => sender.evaluate(async () => {
    const entries = await e2e.bots.sender.outbound('camera-12');
    const full = entries.find(({ rid }) => rid === 'f');
    return { sent: full.framesSent, repaired: entries.reduce((sum, entry) => sum + (entry.retransmittedPacketsSent ?? 0), 0), layers: entries.filter((entry) => entry.framesSent > 0).length };
  });
  const receiving = () => view.evaluate(async () => {
    const { framesDecoded, packetsLost, freezeCount } = await e2e.bots.viewer.inbound(0);
    const { frames } = e2e.bots.viewer.record;
    return { framesDecoded, packetsLost, freezeCount, seen: frames.length, wrong: frames.filter((frame) => frame.id !== null && frame.id !== 12).length };
  });
  const [sentBefore, gotBefore] = [await sending(), await receiving()];
  await new Promise((resolve) => { setTimeout(resolve, 10000); });
  const [sentAfter, gotAfter] = [await sending(), await receiving()];
  const lost = relay.counts.up.lost - lossBefore.lost, passed = relay.counts.up.passed - lossBefore.passed;
  t.diagnostic(`${lost} of ${lost + passed} packets lost on the way up, ${sentAfter.repaired - sentBefore.repaired} sent again; viewer: ${JSON.stringify(gotAfter)}`);
  assert.ok(lost / (lost + passed) > 0.03 && lost / (lost + passed) < 0.07, 'the relay loses 5 %');
  assert.equal(sentAfter.layers, 2, 'layers that flow');
  assert.ok(sentAfter.repaired > sentBefore.repaired, 'packets are sent again');
  assert.equal(gotAfter.wrong, 0);
  const share = (gotAfter.framesDecoded - gotBefore.framesDecoded) / (sentAfter.sent - sentBefore.sent);
  figure(t, '5 % upstream loss: frames decoded of frames sent', share, { goal: 0.9, unit: '', atLeast: true, ceiling: 0.8 });
  relay.close();
  await scene.clear(sender, view);
});
