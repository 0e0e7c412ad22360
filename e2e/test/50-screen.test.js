// Show 6: a screen share with sound arrives at its own size, and ends when the browser ends it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stage } from '../lib/harness.js';
import { enter, press } from '../lib/room.js';

const scene = stage();
const other = { chromium: 'firefox', firefox: 'chromium' };

for (const browser of ['chromium', 'firefox']) {
  test(`${browser} shares its screen with sound`, async (t) => {
    const room = scene.room();
    const sharer = await enter(scene, browser, room, 'Ada', { devices: { id: 4, width: 320, height: 180, screenWidth: 1024, screenHeight: 640 } });
    const viewer = await enter(scene, other[browser], room, 'Bea', { devices: { id: 5, width: 320, height: 180 } });
    await press(sharer, 'toggle-screen');
    await sharer.waitForSelector('[data-testid="sharing"]');
    const seen = await viewer.evaluate(async () => {
      const record = await e2e.watchTile('Ada', { screen: true });
      await e2e.until('the screen’s picture', () => record.frames.some((frame) => frame.id === 36), 15000);
      await e2e.hearRoom(36);
      await e2e.until('20 frames', () => record.frames.length >= 20);
      // The slot may have shown a camera before; the page hides it until its label is the screen's.
      const screen = record.frames.slice(record.frames.findIndex((frame) => frame.id === 36));
      return {
        wrong: screen.filter((frame) => frame.id !== null && frame.id !== 36).length, large: e2e.tile('Ada', true).dataset.stage !== undefined,
        sizes: [...new Set(screen.map(({ width, height }) => `${width}x${height}`))],
      };
    });
    const sent = await sharer.evaluate(async () => (await window.switchyard.stats()).tracks.filter(({ direction, kind, width }) => direction === 'out' && kind === 'video' && width !== 320));
    t.diagnostic(`sizes seen: ${seen.sizes}; sent at the end: ${sent.map(({ width, height }) => `${width}x${height}`)}`);
    // Firefox takes a canvas for a camera, not for a screen, and sends it smaller when it is short of time: then what it sends is the size to arrive.
    const [native] = browser === 'chromium' ? ['1024x640'] : sent.map(({ width, height }) => `${width}x${height}`);
    assert.ok(seen.sizes.includes(native), `${native} among ${seen.sizes}`);
    assert.equal(seen.wrong, 0);
    assert.ok(seen.large, 'the screen has the stage');
    // The browser's own "stop sharing": the track has ended.
    await sharer.evaluate(() => e2e.opened.filter(({ id }) => id === 36).forEach((source) => source.end()));
    await viewer.evaluate(() => e2e.until('the screen to go', () => !e2e.tile('Ada', true)));
    await viewer.evaluate(() => e2e.watchTile('Ada').then(() => true));
    await sharer.waitForSelector('[data-testid="sharing"]', { hidden: true });
    assert.deepEqual([...sharer.errors, ...viewer.errors], []);
    await press(sharer, 'leave');
    await press(viewer, 'leave');
    await scene.clear(sharer, viewer);
  });
}
