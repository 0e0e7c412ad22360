// The web client as a person uses it: found by its test ids.
import { openPage } from './browsers.js';

const byId = (id) => `[data-testid="${id}"]`;
export const joined = `${byId('connection')}[data-status="joined"]`;

/**
 * Opens the invitation to `room` in a window of its own, gives `name` and joins. `origin` may be that of a relay. Resolves when the page says that it is joined; `page.joinMs` says how long
 * after the click that was.
 */
export async function enter(scene, browser, room, name, { origin = scene.server.origin, devices, init } = {}) {
  const fragment = new URLSearchParams({ code: scene.server.invite.code, room });
  const page = await openPage(scene.browsers[browser], `${origin}/#${fragment}`, { devices, init });
  scene.open.add(page);
  const field = await page.waitForSelector(byId('name'));
  // All windows of a browser remember one name: this one goes over it.
  await field.click({ count: 3 });
  await page.keyboard.type(name);
  if (devices?.camera !== false) await page.waitForFunction((selector) => document.querySelector(selector)?.videoWidth > 0, {}, `${byId('preview')} video`);
  await page.evaluate(() => e2e.audioContext().resume());
  const from = Date.now();
  await page.click(byId('join'));
  await page.waitForSelector(joined);
  page.joinMs = Date.now() - from;
  return page;
}

export const press = (page, control) => page.click(byId(control));
