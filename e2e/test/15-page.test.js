// Show 2, as people do it: the page in Chromium (camera and microphone from files) and in Firefox.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stage } from '../lib/harness.js';
import { cameraFile, microphoneFile } from '../lib/fixtures.js';
import { enter, press } from '../lib/room.js';
import { figure } from '../lib/measure.js';

const scene = stage({ browsers: {
  chromium: async () => ({ camera: await cameraFile({ id: 17, width: 640, height: 360, fps: 20 }), microphone: await microphoneFile({ id: 17 }) }),
  firefox: {},
} });

test('the page: two browsers see and hear each other, mute and leave', async (t) => {
  const room = scene.room();
  const ada = await enter(scene, 'chromium', room, 'Ada');
  const bea = await enter(scene, 'firefox', room, 'Bea', { devices: { id: 23, width: 320, height: 180 } });
  const look = async (page, name, id) => {
    const seen = await page.evaluate(async (other, sender) => {
      const record = await e2e.watchTile(other);
      await e2e.hearRoom(sender);
      await e2e.until('40 frames', () => record.frames.length >= 40);
      return { total: record.frames.length, wrong: record.frames.filter((frame) => frame.id !== null && frame.id !== sender).length, unclear: record.frames.filter((frame) => frame.id === null).length };
    }, name, id);
    t.diagnostic(`${name}: ${JSON.stringify(seen)}`);
    assert.equal(seen.wrong, 0);
    assert.ok(seen.unclear <= 0.05 * seen.total, `${seen.unclear} of ${seen.total} frames unclear`);
  };
  await Promise.all([look(ada, 'Bea', 23), look(bea, 'Ada', 17)]);
  figure(t, 'the page: from the click on join to joined, Firefox', bea.joinMs, { goal: 800 });

  // Muted: the other one sees it, and hears nothing.
  await press(ada, 'toggle-microphone');
  await bea.evaluate(async () => {
    await e2e.until('the sign of a muted microphone', () => e2e.tile('Ada').querySelector('[data-testid="tile-muted"]'));
    const listeners = [...document.querySelectorAll('audio[data-slot]')].map((element) => e2e.listen(element.srcObject));
    await e2e.until('silence', () => listeners.every((listener) => listener.samples > 9600 && listener.tone().level < 0.02), 5000);
  });
  // The camera off and on again: no picture meanwhile.
  await press(ada, 'toggle-camera');
  await bea.evaluate(() => e2e.until('a tile without a picture', () => e2e.tile('Ada')?.dataset.state === 'avatar'));
  await press(ada, 'toggle-camera');
  await bea.evaluate(() => e2e.until('the picture again', () => e2e.tile('Ada')?.dataset.state === 'playing'));

  await press(ada, 'leave');
  await bea.evaluate(() => e2e.until('Ada’s tile to go', () => !e2e.tile('Ada')));
  assert.deepEqual([...ada.errors, ...bea.errors], []);
  await press(bea, 'leave');
  await scene.clear(ada, bea);
});
