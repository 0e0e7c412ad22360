// Show 2: Chromium and Firefox see and hear each other, and how long a join takes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stage } from '../lib/harness.js';
import { figure, median, percentile, samples } from '../lib/measure.js';

const scene = stage();
const ids = { chromium: 17, firefox: 23 };
const other = { chromium: 'firefox', firefox: 'chromium' };

/** In the page: shows and plays the first slots with what the other browser sends; waits for both picture and tone. */
async function attend(key, id) {
  const bot = e2e.bots[key];
  await e2e.until('the other’s camera', () => bot.publication(`camera-${id}`), 20000);
  await bot.demand([0, { source: 'track', id: bot.publication(`camera-${id}`).id, width: 640, height: 360 }]);
  bot.record = bot.watch(0);
  const { track } = bot.slot(0, 'audio').receiver;
  e2e.play(track);
  bot.listener = e2e.listen(track);
  await e2e.until('a picture', () => bot.record.frames.length > 5);
  await bot.listener.hear(id);
}

/** In the page: counts of frames at this moment. */
async function counts(key, own) {
  const bot = e2e.bots[key];
  const [{ framesSent }] = await bot.outbound(`camera-${own}`);
  const { framesDecoded } = await bot.inbound(0);
  return { framesSent, framesDecoded, shown: bot.record.frames.length };
}

test('two browsers see and hear each other', async (t) => {
  const room = scene.room();
  const pages = { chromium: await scene.plain('chromium'), firefox: await scene.plain('firefox') };
  for (const [name, page] of Object.entries(pages)) {
    await scene.join(page, room, name, { cameras: [{ id: ids[name], width: 640, height: 360, fps: 20, texture: true }], microphones: [{ id: ids[name] }], audioSlots: 1, videoSlots: 1 });
  }
  const all = (run) => Promise.all(Object.entries(pages).map(async ([name, page]) => [name, await run(name, page)])).then(Object.fromEntries);
  await all((name, page) => page.evaluate(attend, name, ids[other[name]]));
  const before = await all((name, page) => page.evaluate(counts, name, ids[name]));
  await new Promise((resolve) => { setTimeout(resolve, samples(5000, 10000)); });
  const later = await all((name, page) => page.evaluate(counts, name, ids[name]));
  for (const name of Object.keys(pages)) {
    const sent = later[other[name]].framesSent - before[other[name]].framesSent;
    const decoded = later[name].framesDecoded - before[name].framesDecoded;
    assert.ok(sent > 50, `${other[name]} sent ${sent} frames`);
    figure(t, `${other[name]} to ${name}: frames decoded of frames sent`, decoded / sent, { goal: 0.9, unit: '', atLeast: true });
    const seen = await pages[name].evaluate((key, id) => {
      const { record: { frames }, listener } = e2e.bots[key];
      return { wrong: frames.filter((frame) => frame.id !== null && frame.id !== id).length, unclear: frames.filter((frame) => frame.id === null).length, total: frames.length, tone: listener.tone() };
    }, name, ids[other[name]]);
    t.diagnostic(`${name}: ${seen.total} frames shown, ${seen.unclear} unclear, tone ${JSON.stringify(seen.tone)}`);
    assert.equal(seen.wrong, 0);
    assert.ok(seen.unclear <= 0.02 * seen.total, `${seen.unclear} unclear frames`);
    assert.equal(seen.tone.frequency, 400 + 100 * (ids[other[name]] % 30), 'the sender’s tone');
  }
  await scene.clear(...Object.values(pages));
});

for (const name of ['chromium', 'firefox']) {
  test(`${name}: from join to the first picture`, async (t) => {
    const room = scene.room();
    const [sender, page] = [await scene.plain(other[name]), await scene.plain(name)];
    await scene.join(sender, room, 'sender', { cameras: [{ id: 5, width: 320, height: 180, fps: 20 }], microphones: [{ id: 5 }] });
    const times = [];
    for (let n = 0; n < samples(5, 20); n++) {
      await page.evaluate(() => { e2e.bots = {}; });
      const token = await scene.server.token(room, `guest-${n}`);
      times.push(await page.evaluate(async (url, guestToken) => {
        // The client asks for the speaker at once, as the page does: demand goes out with the offer.
        const track = e2e.cameraTrack({ id: 6, width: 160, height: 90, fps: 10 });
        const bot = new e2e.Bot({ url, token: guestToken, name: 'guest', audioSlots: 1, videoSlots: 1, tracks: [track], first: { source: 'speaker', width: 320, height: 180 } });
        await bot.start();
        const record = bot.watch(0);
        await e2e.until('the first picture', () => record.frames.some((frame) => frame.id === 5));
        const took = record.frames.find((frame) => frame.id === 5).at - bot.started;
        await bot.leave();
        return took;
      }, scene.server.websocket, token));
    }
    t.diagnostic(`joins: ${times.map(Math.round).join(', ')} ms`);
    figure(t, `${name}: join to first picture, median of ${times.length}`, median(times), { goal: 800 });
    figure(t, `${name}: join to first picture, p95 of ${times.length}`, percentile(times, 0.95), { goal: 1500 });
    await scene.clear(page, sender);
  });
}
