// What people do on the pages around meetings, in a browser: connecting a calendar of a real calendar server, looking after the links of guests, making an
// organisation, planning with the mouse, and handing a meeting on when they leave it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openPage } from '../lib/browsers.js';
import { stage } from '../lib/harness.js';
import { calendarServer, mailServer } from '../lib/peers.js';
import { Person } from '../lib/people.js';
import { joined } from '../lib/room.js';

const PASSWORD = 'a long enough one';
const byId = (id) => `[data-testid="${id}"]`;
const mail = await mailServer();
const scene = stage({
  browsers: { chromium: {}, firefox: {} },
  server: { named: true, env: {
    SWITCHYARD_MAIL_SERVER: `127.0.0.1:${mail.port}`, SWITCHYARD_MAIL_ENCRYPTION: 'none', SWITCHYARD_MAIL_FROM: 'Switchyard <meet@example.org>',
    SWITCHYARD_OUTBOUND_ALLOW: '127.0.0.0/8,::1/128',
  } },
  setup: async (self) => {
    self.admin = new Person(self.server.origin);
    await self.admin.call('POST', '/setup', { secret: self.server.setup, email: 'root@example.org', first_name: 'Root', password: PASSWORD });
    self.ids = {};
    for (const name of ['Ann', 'Bob']) {
      self.ids[name] = (await self.admin.call('POST', '/users', { email: `${name.toLowerCase()}@example.org`, first_name: name, password: PASSWORD, language: 'en' })).id;
    }
    self.ann = new Person(self.server.origin);
    await self.ann.call('POST', '/auth/login', { email: 'ann@example.org', password: PASSWORD });
    self.calendar = await calendarServer();
  },
  teardown: async (self) => {
    await Promise.all([self.calendar?.close(), mail.close()]);
  },
});

/** Waits for something on a page; when it does not come it says what is there instead. */
const shown = (page, selector) => page.waitForSelector(selector, { timeout: 20000, visible: true })
  .catch(async () => assert.fail(`no ${selector} at ${page.url()}, but: ${await page.evaluate(() => document.body.innerText)}`));
const click = async (page, id) => (await shown(page, byId(id))).evaluate((element) => element.click());
const type = async (page, id, text) => (await shown(page, byId(id))).type(text);
const gone = (page, id) => page.waitForFunction((selector) => !document.querySelector(selector), {}, byId(id));
const textOf = (page, id) => page.$eval(byId(id), (element) => element.textContent);

/** Drags something to a place, with the mouse. */
async function dragTo(page, from, to) {
  const middle = async (element) => {
    const { x, y, width, height } = await element.boundingBox();
    return [x + width / 2, y + height / 2];
  };
  const target = await page.$(to);
  await target.evaluate((element) => element.scrollIntoView({ block: 'center' }));
  const [x, y] = await middle(from);
  const [toX, toY] = await middle(target);
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(toX, toY);
  await page.mouse.up();
}

/** A window in which somebody has signed in, at an address. */
async function signedIn(browser, email, path) {
  const page = await openPage(scene.browsers[browser], `${scene.server.origin}/signin`);
  scene.open.add(page);
  await page.evaluate(async (e, p) => {
    localStorage.setItem('switchyard.language', 'en');
    await fetch('/api/v1/auth/logout', { method: 'POST' });
    const answer = await fetch('/api/v1/auth/login', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ email: e, password: p }) });
    if (!answer.ok) throw new Error(await answer.text());
  }, email, PASSWORD);
  await page.goto(`${scene.server.origin}${path}`);
  return page;
}

test('a calendar is connected, shown in the agenda, found broken, and disconnected', async () => {
  const { calendar } = scene;
  const day = new Date(Date.now() + 2 * 86400000).toISOString().slice(0, 10).replaceAll('-', '');
  for (const path of ['work/', 'home/']) await calendar.make(path);
  const event = (uid, title) => ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//x//y//EN', 'BEGIN:VEVENT', `UID:${uid}`, 'DTSTAMP:20260101T000000Z', `DTSTART:${day}T120000Z`, `DTEND:${day}T130000Z`,
    `SUMMARY:${title}`, 'LOCATION:https://zoom.us/j/123456789', 'END:VEVENT', 'END:VCALENDAR', ''].join('\r\n');
  await calendar.put('work/1.ics', event('outside-1', 'Outside'));
  await calendar.put('home/2.ics', event('outside-2', 'Dentist'));

  const page = await signedIn('chromium', 'ann@example.org', '/settings');
  await click(page, 'add-calendar');
  await shown(page, byId('calendar-form'));
  await page.$eval(`${byId('calendar-kind')} input[value="caldav"]`, (input) => input.click());
  await type(page, 'calendar-url', calendar.url);
  await type(page, 'calendar-user', calendar.user);
  await type(page, 'calendar-password', 'not the password');
  await click(page, 'connect-calendar');
  await shown(page, `${byId('calendar-password')}[aria-invalid="true"]`);
  assert.match(await textOf(page, 'calendar-form'), /does not accept this user and password/);

  await page.$eval(byId('calendar-password'), (input) => input.select());
  await type(page, 'calendar-password', calendar.password);
  await click(page, 'find-calendars');
  await shown(page, byId('found-calendar'));
  assert.equal((await page.$$(byId('found-calendar'))).length, 2);
  // Only one of the two: the other stays private.
  await page.$$eval(byId('found-calendar'), (all) => all.find((box) => box.value.includes('home')).click());
  await click(page, 'connect-calendar');
  await shown(page, byId('calendar'));
  await gone(page, 'calendar-form');
  assert.match(await textOf(page, 'calendar'), /ada at 127\.0\.0\.1Read /);

  await page.goto(`${scene.server.origin}/`);
  await shown(page, byId('entry'));
  const entries = await page.$$eval(byId('entry'), (all) => all.map((entry) => entry.textContent));
  assert.equal(entries.length, 1, String(entries));
  assert.match(entries[0], /Outside/);
  const link = await page.$eval(`${byId('entry')} a`, (a) => [a.href, a.target, a.rel]);
  assert.deepEqual(link, ['https://zoom.us/j/123456789', '_blank', 'noopener noreferrer']);

  // Its server goes: the page says so, and works on.
  await calendar.close();
  scene.calendar = undefined;
  await page.goto(`${scene.server.origin}/settings`);
  await shown(page, byId('calendar'));
  await new Promise((resolve) => { setTimeout(resolve, 10_500); }); // what was read a moment ago counts
  await click(page, 'refresh-calendar');
  await shown(page, `${byId('calendar')}[data-problem="unreachable"]`);
  await page.goto(`${scene.server.origin}/`);
  await shown(page, byId('calendar-faults'));

  await page.goto(`${scene.server.origin}/settings`);
  await click(page, 'remove-calendar');
  await click(page, 'confirm');
  await gone(page, 'calendar');
  assert.deepEqual(page.errors, []);
  await scene.clear(page);
});

test('settings say which version this is, and lead to what is new', async () => {
  const page = await signedIn('chromium', 'ann@example.org', '/settings');
  await shown(page, byId('server-version'));
  await click(page, 'check-version');
  await page.waitForFunction((selector) => document.querySelector(selector).textContent !== '', {}, byId('checked'));
  // It can be installed as an app: the browser itself has nothing against it.
  await shown(page, byId('install'));
  const browser = await page.createCDPSession();
  const { url, errors } = await browser.send('Page.getAppManifest');
  assert.match(url, /\/manifest\.webmanifest$/);
  assert.deepEqual(errors, []);
  const { installabilityErrors } = await browser.send('Page.getInstallabilityErrors');
  assert.deepEqual(installabilityErrors.filter(({ errorId }) => errorId !== 'in-incognito'), []);
  await browser.detach();
  const { notes, min_client: least } = await scene.admin.call('GET', '/version');
  assert.match(least, /^\d+\.\d+\.\d+$/);
  // Another version was here before: it is said once.
  await page.evaluate(() => localStorage.setItem('switchyard.version', 'an old one'));
  await page.reload();
  const link = await shown(page, `${byId('updated')} a`);
  assert.equal(await link.evaluate((a) => a.getAttribute('href')), notes);
  await page.reload();
  await shown(page, byId('server-version'));
  assert.equal(await page.$(byId('updated')), null);
  const stranger = await openPage(scene.browsers.firefox, `${scene.server.origin}${notes}`);
  scene.open.add(stranger);
  await shown(stranger, 'main li');
  await scene.clear(page, stranger);
});

test('an organisation is made by who looks after the server, and by nobody else', async () => {
  const ann = await signedIn('chromium', 'ann@example.org', '/');
  await shown(ann, 'nav a[href="/settings"]');
  assert.equal(await ann.$('nav a[href^="/admin"]'), null);
  await scene.clear(ann);

  const root = await signedIn('chromium', 'root@example.org', '/admin/tenants');
  await click(root, 'new-tenant');
  await type(root, 'tenant-name', 'Harbour');
  await type(root, 'tenant-email', 'ann@example.org');
  await click(root, 'add-tenant');
  await shown(root, `${byId('tenant-email')}[aria-invalid="true"]`);
  await root.$eval(byId('tenant-email'), (input) => input.select());
  await type(root, 'tenant-email', 'hana@example.net');
  await click(root, 'add-tenant');
  await root.waitForFunction((selector) => [...document.querySelectorAll(selector)].some((row) => row.textContent.includes('Harbour')), {}, byId('tenant'));
  assert.ok(await mail.mail('hana@example.net'));

  // Renamed, suspended and let go on.
  const harbour = `${byId('tenant')}:nth-child(2)`;
  const says = (text) => root.waitForFunction((selector, text) => document.querySelector(selector)?.textContent.includes(text), {}, harbour, text);
  await root.$eval(`${harbour} ${byId('rename-tenant')}`, (button) => button.click());
  await type(root, 'tenant-new-name', ' Ltd');
  await click(root, 'save-tenant');
  await says('Harbour Ltd');
  assert.equal((await root.$$(byId('suspend-tenant'))).length, 1, 'nobody suspends the organisation that looks after the server');
  await click(root, 'suspend-tenant');
  await click(root, 'confirm');
  await shown(root, byId('resume-tenant'));
  const state = async () => (await scene.admin.call('GET', '/tenants')).items.find(({ name }) => name === 'Harbour Ltd').active;
  assert.equal(await state(), false);
  await click(root, 'resume-tenant');
  await shown(root, byId('suspend-tenant'));
  assert.equal(await state(), true);
  await scene.clear(root);
});

test('terms of use are read and accepted before anything else, and again when they change', async () => {
  const { admin } = scene;
  const root = await signedIn('chromium', 'root@example.org', '/admin/settings');
  await type(root, 'terms-input', 'Be kind.\n\nBe brief.');
  await click(root, 'save-terms');
  await click(root, 'confirm');
  const accept = async (page) => (await shown(page, `${byId('accept-terms')}:not([disabled])`)).evaluate((button) => button.click());
  await accept(root); // administrators are asked, too
  await gone(root, 'accept-terms');
  await root.waitForFunction((selector) => document.querySelector(selector)?.textContent.includes('1 of 3'), {}, byId('terms-state'))
    .catch(async () => assert.fail(`it says ${await textOf(root, 'terms-state')}`));

  const bob = await signedIn('firefox', 'bob@example.org', '/meetings');
  assert.match(await (await shown(bob, byId('terms-text'))).evaluate((element) => element.textContent), /Be kind\.\n\nBe brief\./);
  assert.ok(await bob.$eval(byId('terms-text'), (text) => document.activeElement.contains(text)), 'the text has the focus');
  await bob.keyboard.press('Escape');
  await bob.reload();
  await accept(bob);
  await gone(bob, 'accept-terms');
  await bob.reload();
  await shown(bob, byId('profile-menu'));
  assert.equal(await bob.$(byId('accept-terms')), null);

  // Before the first use also means: before the first meeting.
  const card = await scene.admin.eventually('POST', '/meetings', { kind: 'instant', subject: 'Harbour watch' });
  await admin.call('PUT', '/settings/terms', { text: 'Be kind.' }, { headers: { 'If-Match': '*' } });
  await bob.goto(`${scene.server.origin}/m/${card.number}`);
  await accept(bob);
  await gone(bob, 'accept-terms');
  await shown(bob, byId('join-as'));
  await bob.goto(`${scene.server.origin}/meetings`);

  // The new text is there at once.
  await admin.call('PUT', '/settings/terms', { text: 'Be brief.' }, { headers: { 'If-Match': '*' } });
  await bob.waitForFunction((selector) => document.querySelector(selector)?.textContent === 'Be brief.', {}, byId('terms-text'));
  await admin.call('PUT', '/settings/terms', { text: '' }, { headers: { 'If-Match': '*' } });
  await gone(bob, 'accept-terms');
  await bob.evaluate(() => fetch('/api/v1/auth/logout', { method: 'POST' })); // windows of a browser share cookies
  await scene.clear(root, bob);
});

test('people are dragged to their roles, or given them by the menu', async () => {
  const page = await signedIn('chromium', 'ann@example.org', '/meetings/new');
  await type(page, 'subject', 'Tide tables');
  await shown(page, byId('pick'));
  const rows = await page.$$(`[draggable="true"]:has(${byId('pick')})`);
  const names = await Promise.all(rows.map((row) => row.evaluate((element) => element.textContent)));
  const bob = rows[names.findIndex((name) => name.startsWith('Bob'))];
  await dragTo(page, bob, byId('place-co-organisers'));
  await shown(page, `${byId('place-co-organisers')} ${byId('picked')}`);
  // By keyboard: the menu of the one who was picked.
  await page.focus(`${byId('place-co-organisers')} ${byId('picked-menu')}`);
  await page.keyboard.press('Enter');
  await shown(page, byId('toggle-role'));
  // Where the focus is at first depends on how far the menu has opened.
  for (let n = 0; n < 5 && !(await page.$eval(byId('toggle-role'), (item) => item === document.activeElement)); n++) await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await shown(page, `${byId('place-participants')} ${byId('picked')}`);
  await dragTo(page, await page.$(byId('picked')), byId('place-co-organisers'));
  await shown(page, `${byId('place-co-organisers')} ${byId('picked')}`);
  await click(page, 'save');
  await page.waitForFunction(() => location.pathname === '/meetings');
  const id = new URL(page.url()).searchParams.get('id');
  const meeting = await scene.admin.call('GET', `/meetings/${id}`);
  assert.deepEqual(meeting.co_organisers.map(({ name }) => name), ['Bob']);
  await scene.clear(page);
});

test('a guest is invited and its link is copied, sent again and revoked, after which it leads nowhere', async () => {
  const { ann, server } = scene;
  const meeting = await ann.eventually('POST', '/meetings', { kind: 'scheduled', subject: 'Harbour master', start_local: '2030-03-15T09:00', zone: 'Europe/Amsterdam', duration: 30 });
  const page = await signedIn('chromium', 'ann@example.org', `/meetings?id=${meeting.id}`);
  await page.browserContext().overridePermissions(server.origin, ['clipboard-read', 'clipboard-write', 'clipboard-sanitized-write']);
  await click(page, 'invite-guest');
  await type(page, 'invite-email', 'gus@example.net');
  await type(page, 'invite-name', 'Gus');
  await click(page, 'send-invite');
  await shown(page, `${byId('guests')} ${byId('guest-link')}`);
  const first = await mail.mail('gus@example.net');
  const [link] = /http:\/\/localhost:\d+\/m\/\d{9}#\S+/.exec(first.text);

  const chosen = async (item) => {
    await page.$eval(`${byId('guests')} ${byId('guest-menu')}`, (button) => button.click());
    await page.waitForFunction((selector) => document.querySelector(selector) && !document.querySelector(selector).disabled, {}, byId('copy-guest-link'));
    await click(page, item);
  };
  await chosen('copy-guest-link');
  await page.waitForFunction((selector) => document.querySelector(selector)?.textContent.includes('is copied'), {}, byId('guest-told'));
  await page.waitForFunction(async (start) => (await navigator.clipboard.readText()).startsWith(start), { timeout: 10000 }, `${server.origin}/m/${meeting.number}#`);
  const before = mail.mails.length;
  await chosen('resend-guest');
  await mail.mail('gus@example.net', (one) => mail.mails.indexOf(one) >= before);

  const works = async () => {
    const guest = await openPage(scene.browsers.firefox, link);
    scene.open.add(guest);
    const found = await guest.waitForSelector(`${byId('join-guest')}, ${byId('fault')}`);
    if (await found.evaluate((element) => element.dataset.testid === 'fault')) {
      await scene.clear(guest);
      return false;
    }
    await click(guest, 'join-guest');
    const end = await guest.waitForSelector(`${byId('prejoin')}, ${byId('fault')}`);
    const fine = await end.evaluate((element) => element.dataset.testid === 'prejoin');
    await scene.clear(guest);
    return fine;
  };
  assert.equal(await works(), true, 'the link of the mail leads to the door');
  await chosen('revoke-guest');
  await click(page, 'confirm');
  await page.waitForFunction((selector) => document.querySelector(selector)?.textContent.includes("don't work any more"), {}, byId('guest-told'));
  assert.equal(await works(), false, 'a link that was revoked leads nowhere');
  await scene.clear(page);
});

test('who leaves hands the meeting on first', async () => {
  const { admin, ids } = scene;
  const meeting = await scene.ann.eventually('POST', '/meetings', { kind: 'instant', subject: 'Watch', participants: [ids.Bob] });
  const enter = async (browser, email) => {
    const page = await signedIn(browser, email, `/m/${meeting.number}`);
    await click(page, 'join-as');
    await shown(page, byId('prejoin'));
    await click(page, 'join');
    await shown(page, joined);
    return page;
  };
  const ann = await enter('chromium', 'ann@example.org');
  await ann.focus(byId('leave'));
  await ann.keyboard.press('Enter');
  await shown(ann, byId('leave-text'));
  assert.equal(await ann.$(byId('hand-over')), null, 'there is nobody to hand it to');
  await ann.keyboard.press('Escape');
  await ann.waitForFunction(() => document.activeElement?.dataset.testid === 'leave'); // the focus comes back to where it was

  const bob = await enter('firefox', 'bob@example.org');
  await ann.evaluate(() => e2e.until('the tile of Bob', () => e2e.tile('Bob'), 20000));
  await ann.focus(byId('leave'));
  await ann.keyboard.press('Enter');
  await shown(ann, byId('hand-over'));
  // By keyboard alone: the choice has the focus, the button is next.
  await ann.waitForFunction(() => document.activeElement?.dataset.testid === 'successor');
  assert.equal(await ann.$eval(byId('successor'), (select) => select.selectedOptions[0].textContent), 'Bob');
  await ann.keyboard.press('Tab');
  await ann.keyboard.press('Enter');
  await shown(ann, byId('again'));

  // Bob has the host's panel, and is told that nobody else is host when he leaves.
  await click(bob, 'open-people');
  await shown(bob, byId('lock'));
  assert.equal((await admin.call('GET', `/meetings/${meeting.id}`)).co_organisers[0].name, 'Bob');

  // Ann comes back: Bob stays as host, so she just leaves.
  await click(ann, 'again');
  await shown(ann, byId('prejoin'));
  await click(ann, 'join');
  await shown(ann, joined);
  await ann.evaluate(() => e2e.until('the tile of Bob', () => e2e.tile('Bob'), 20000));
  await click(ann, 'leave');
  await shown(ann, byId('leave-text'));
  assert.match(await textOf(ann, 'leave-text'), /^Bob stays host/);
  await click(ann, 'leave-alone');
  await shown(ann, byId('again'));
  await click(bob, 'leave');
  await click(bob, 'end-for-all');
  await shown(bob, byId('again'));
  await scene.clear(ann, bob);
});
