// Show 4: a reloaded page and a cut socket come back as the same participant with the same publications, and nobody sees a duplicate.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stage } from '../lib/harness.js';
import { enter, joined, press } from '../lib/room.js';
import { tcpRelay } from '../lib/relay.js';
import { figure } from '../lib/measure.js';

const scene = stage();

/** In the observer's page: attends to the one other participant's camera. */
async function observe() {
  const bot = e2e.bots.observer;
  const other = await e2e.until('somebody with a camera', () => [...bot.participants.values()].find(({ publications }) => publications.some(({ source }) => source === 'camera')));
  await bot.demand([0, { source: 'participant', id: other.id, width: 320, height: 180 }]);
  bot.record = bot.watch(0);
  await e2e.until('their picture', () => bot.record.frames.length > 5);
  bot.mark = bot.events.length;
  return { id: other.id, identity: other.identity, publications: other.publications.map(({ id }) => id).sort() };
}

/** In the observer's page: what it was told since observe(), and who is there now. */
function told() {
  const bot = e2e.bots.observer;
  const changes = bot.events.slice(bot.mark).filter(({ type }) => type === 'participants');
  return {
    joined: changes.flatMap((event) => event.joined.map(({ id }) => id)),
    left: changes.flatMap((event) => event.left.map(({ id }) => id)),
    now: [...bot.participants.values()].map(({ id, identity, publications }) => ({ id, identity, publications: publications.map((publication) => publication.id).sort() })),
    gaps: bot.gaps,
  };
}

function assertSame(before, after) {
  assert.deepEqual(after.joined, [], 'nobody joined');
  assert.deepEqual(after.left, [], 'nobody left');
  assert.deepEqual(after.now, [before], 'the same participant with the same publications, once');
  assert.equal(after.gaps, 0, 'gaps in seq');
}

for (const browser of ['chromium', 'firefox']) {
  test(`${browser}: a reload`, async (t) => {
    const room = scene.room();
    const observer = await scene.plain('chromium');
    await scene.join(observer, room, 'observer', { cameras: [{ id: 2, width: 320, height: 180, fps: 20 }], videoSlots: 1 });
    const page = await enter(scene, browser, room, 'Ada', { devices: { id: 9, width: 320, height: 180 } });
    await page.evaluate(() => e2e.watchTile('observer').then(() => true));
    const before = await observer.evaluate(observe);

    const from = Date.now();
    await page.reload({ waitUntil: 'domcontentloaded' });
    await page.waitForSelector(joined);
    const back = Date.now();
    await page.evaluate(() => e2e.watchTile('observer').then(() => true));
    const sees = Date.now() - from;
    const seen = await observer.evaluate(async (since) => {
      const { frames } = e2e.bots.observer.record;
      await e2e.until('the picture after the reload', () => frames.at(-1).id === 9 && performance.timeOrigin + frames.at(-1).at > since, 15000);
      return performance.timeOrigin + frames.find((frame) => performance.timeOrigin + frame.at > since).at;
    }, back) - from;
    t.diagnostic(`joined after ${back - from} ms, sees others after ${sees} ms, is seen after ${Math.round(seen)} ms`);
    figure(t, `${browser}: reload: seen and seeing again after`, Math.max(seen, sees), { goal: 3000 });
    assertSame(before, await observer.evaluate(told));
    assert.deepEqual(page.errors, []);
    await press(page, 'leave');
    await scene.clear(page, observer);
  });

  test(`${browser}: a cut socket`, async (t) => {
    const room = scene.room();
    const relay = await tcpRelay(scene.server.http);
    const observer = await scene.plain('chromium');
    await scene.join(observer, room, 'observer', { videoSlots: 1 });
    const page = await enter(scene, browser, room, 'Ada', { origin: `http://localhost:${relay.port}`, devices: { id: 9, width: 320, height: 180 } });
    const before = await observer.evaluate(observe);

    const from = await observer.evaluate(() => performance.now());
    await page.evaluate(() => {
      e2e.statuses = [];
      window.switchyard.session.on('status', ({ status }) => e2e.statuses.push({ status, at: performance.now() }));
    });
    const cut = await page.evaluate(() => performance.now());
    relay.cut();
    const resumed = await page.evaluate(async () => {
      await e2e.until('the session to notice and to be resumed', () => e2e.statuses.some(({ status }) => status === 'reconnecting') && e2e.statuses.at(-1).status === 'joined');
      await window.switchyard.session.request({ type: 'ping' });
      return e2e.statuses.at(-1).at;
    });
    const ms = resumed - cut;
    figure(t, `${browser}: cut socket: session resumed after`, ms, { goal: 2000 });
    const gap = await observer.evaluate(async (since) => {
      const { frames } = e2e.bots.observer.record;
      const now = frames.length;
      await e2e.until('more frames', () => frames.length > now + 20);
      const during = frames.filter(({ at }) => at > since - 200);
      return Math.max(...during.slice(1).map((frame, i) => frame.at - during[i].at));
    }, from);
    t.diagnostic(`longest gap of the picture meanwhile: ${Math.round(gap)} ms`);
    assert.ok(gap < 1500, `the picture stood still for ${gap} ms`);
    assertSame(before, await observer.evaluate(told));
    await press(page, 'leave');
    await scene.clear(page, observer);
    relay.close();
  });
}
