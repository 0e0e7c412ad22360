// Whoever has a slow connection turns the others' cameras off: no picture comes any more, sound and screens do.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stage } from '../lib/harness.js';
import { enter, press } from '../lib/room.js';

const byId = (id) => `[data-testid="${id}"]`;
const scene = stage();

// The page's connections, for their statistics.
const init = `globalThis.connections = [];
  const Real = RTCPeerConnection;
  globalThis.RTCPeerConnection = class extends Real { constructor(...a) { super(...a); globalThis.connections.push(this); } };`;
/** Bytes of video that a page has received. */
const received = (page) => page.evaluate(async () => {
  let bytes = 0;
  for (const connection of globalThis.connections) {
    for (const one of (await connection.getStats()).values()) if (one.type === 'inbound-rtp' && one.kind === 'video') bytes += one.bytesReceived;
  }
  return bytes;
});
const state = (page, name, wanted) => page.waitForFunction((who, is) => e2e.tile(who)?.dataset.state === is, {}, name, wanted);

test('the cameras of others are turned off, and on again', async () => {
  const room = scene.room();
  const ann = await enter(scene, 'chromium', room, 'Ann', { init });
  const fin = await enter(scene, 'firefox', room, 'Fin');
  await ann.bringToFront();
  await state(ann, 'Fin', 'playing');
  await press(ann, 'open-settings');
  await ann.waitForSelector(byId('show-cameras'));
  await press(ann, 'show-cameras');
  await state(ann, 'Fin', 'avatar');
  await new Promise((resolve) => setTimeout(resolve, 1_000)); // what was on its way
  const before = await received(ann);
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  assert.equal(await received(ann), before, 'video is still received');
  await state(fin, 'Ann', 'playing');
  await press(ann, 'show-cameras');
  await state(ann, 'Fin', 'playing');
  assert.ok(await received(ann) > before);
  assert.deepEqual([...ann.errors, ...fin.errors], []);
  await scene.clear(ann, fin);
});
