// Raised hands as a queue that all see alike, also who comes later, and reactions, in two kinds of browsers.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stage } from '../lib/harness.js';
import { enter, press } from '../lib/room.js';

const byId = (id) => `[data-testid="${id}"]`;
const scene = stage();
// Hands need no pictures, which cost most of the machine.
const silent = { devices: { camera: false } };

/** Waits until a page's list of raised hands, opened, is of these names. */
async function queue(page, ...names) {
  if (!(await page.$(byId('hand-queue')))) {
    await page.waitForSelector(byId('hands'));
    await press(page, 'hands');
  }
  await page.waitForFunction((row, wanted) => {
    const shown = [...document.querySelectorAll(row)].map((item) => item.textContent);
    return shown.length === wanted.length && shown.every((text, i) => text.startsWith(`${i + 1}${wanted[i]}`));
  }, {}, byId('queued'), names);
  // Keys go where the focus is, which moves into the list a moment after it is shown.
  await page.waitForFunction((list) => document.querySelector(list)?.contains(document.activeElement), {}, byId('hand-queue'))
    .catch(async (error) => { throw new Error(`the focus is at ${await page.evaluate(() => document.activeElement?.outerHTML.slice(0, 300))}`, { cause: error }); });
  await page.keyboard.press('Escape');
  await page.waitForFunction((list) => !document.querySelector(list), {}, byId('hand-queue'));
}

const pressed = (page) => page.$eval(byId('toggle-hand'), (button) => button.getAttribute('aria-pressed'));
const place = (page, name) => page.evaluate((who) => e2e.tile(who)?.querySelector('[data-testid="hand"]')?.dataset.place, name);

test('hands are a queue for all, late joiners too, and a moderator lowers them', async () => {
  const room = scene.room();
  const ann = await enter(scene, 'chromium', room, 'Ann', silent);
  const fin = await enter(scene, 'firefox', room, 'Fin', silent);
  await ann.bringToFront();
  await press(fin, 'toggle-hand');
  await fin.waitForFunction((hand) => document.querySelector(hand)?.getAttribute('aria-pressed') === 'true', {}, byId('toggle-hand'));
  await ann.waitForSelector(byId('hands'));
  await ann.keyboard.press('h');
  await queue(ann, 'Fin', 'Ann');
  await queue(fin, 'Fin', 'Ann');
  assert.equal(await place(ann, 'Fin'), '1');
  assert.equal(await place(fin, 'Ann'), '2');
  assert.equal(await ann.$eval(`${byId('self-tile')} ${byId('hand')}`, (hand) => hand.dataset.place), '2');

  // Who comes later sees the same; a reload keeps one's hand and its place.
  const late = await enter(scene, 'firefox', room, 'Late', silent);
  await queue(late, 'Fin', 'Ann');
  await fin.reload({ waitUntil: 'domcontentloaded' });
  await fin.waitForSelector(byId('toggle-hand'));
  await fin.waitForFunction((hand) => document.querySelector(hand)?.getAttribute('aria-pressed') === 'true', {}, byId('toggle-hand'));
  await queue(late, 'Fin', 'Ann');

  // One's own is lowered by the same button; the others move up.
  await press(fin, 'toggle-hand');
  await queue(late, 'Ann');
  await press(fin, 'toggle-hand');
  await queue(ann, 'Ann', 'Fin');

  // Nobody here may lower others' hands but a moderator, who comes by the protocol alone.
  assert.equal(await ann.$(byId('lower-all')), null);
  const desk = await scene.plain('chromium');
  await scene.join(desk, room, 'desk', { audioSlots: 1, grants: ['subscribe', 'moderate'] });
  await desk.evaluate(() => e2e.bots.desk.request('lowerHands'));
  for (const page of [ann, fin, late]) {
    await page.waitForFunction((hands) => !document.querySelector(hands), {}, byId('hands'));
    assert.equal(await page.$(byId('hand')), null);
    assert.equal(await pressed(page), 'false');
  }
  assert.deepEqual([...ann.errors, ...fin.errors, ...late.errors], []);
  await scene.clear(ann, fin, late, desk);
});

test('a reaction is seen for a moment, unless one does not want to', async () => {
  const room = scene.room();
  const ann = await enter(scene, 'chromium', room, 'Ann', silent);
  const fin = await enter(scene, 'firefox', room, 'Fin', silent);
  await ann.bringToFront();
  const react = async (page, emoji) => {
    if (!(await page.$(byId('reaction-picker')))) await press(page, 'open-reactions');
    await page.waitForSelector(`[data-emoji="${emoji}"]`);
    await page.click(`[data-emoji="${emoji}"]`);
  };
  // A reaction is gone soon: the page itself remembers what it has shown.
  const remember = (page) => page.evaluate((reaction) => {
    globalThis.shown = new Set();
    new MutationObserver(() => {
      for (const one of document.querySelectorAll(reaction)) globalThis.shown.add(one.textContent);
    }).observe(document.body, { childList: true, subtree: true });
  }, byId('reaction'));
  const saw = (page, text) => page.waitForFunction((wanted) => globalThis.shown.has(wanted), {}, text);
  await ann.waitForFunction(() => e2e.tile('Fin'));
  await remember(ann);
  await remember(fin);
  await react(ann, '🎉');
  await saw(ann, '🎉You');
  await saw(fin, '🎉Ann');
  for (const page of [ann, fin]) await page.waitForFunction((reaction) => !document.querySelector(reaction), {}, byId('reaction'));

  // Fin does not want to see them, which the browser remembers over a reload.
  await press(fin, 'open-reactions');
  await fin.waitForSelector(byId('show-reactions'));
  await fin.evaluate((show) => document.querySelector(show).click(), byId('show-reactions'));
  await fin.reload({ waitUntil: 'domcontentloaded' });
  await fin.waitForSelector(byId('toggle-hand'));
  await fin.waitForFunction(() => e2e.tile('Ann'));
  await remember(fin);
  await react(fin, '👏');
  await saw(ann, '👏Fin');
  assert.deepEqual(await fin.evaluate(() => [...globalThis.shown]), []);
  assert.deepEqual([...ann.errors, ...fin.errors], []);
  await scene.clear(ann, fin);
});
