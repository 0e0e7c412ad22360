// People and meetings with other people's servers: single sign-on by a real provider, invitations through a real mail server, an agenda with a real
// calendar server, and a weekly meeting across a change of clocks from the invitation to its end.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import ICAL from 'ical.js';
import { openPage } from '../lib/browsers.js';
import { stage } from '../lib/harness.js';
import { calendarServer, identityProvider, mailServer } from '../lib/peers.js';
import { Person } from '../lib/people.js';
import { joined } from '../lib/room.js';

const byId = (id) => `[data-testid="${id}"]`;
const mail = await mailServer();
const scene = stage({
  server: { named: true, env: {
    SWITCHYARD_MAIL_SERVER: `127.0.0.1:${mail.port}`, SWITCHYARD_MAIL_ENCRYPTION: 'none', SWITCHYARD_MAIL_FROM: 'Switchyard <meet@example.org>',
    SWITCHYARD_OUTBOUND_ALLOW: '127.0.0.0/8,::1/128',
  } },
  setup: async (self) => {
    self.admin = new Person(self.server.origin);
    await self.admin.call('POST', '/setup', { secret: self.server.setup, email: 'root@example.org', first_name: 'Root', password: 'a long enough one' });
    self.provider = await identityProvider({
      redirects: [`${self.server.origin}/api/v1/auth/sso/callback`],
      accounts: { ada: { email: 'ada@example.org', given_name: 'Ada', family_name: 'Lovelace' } },
    });
    self.calendar = await calendarServer();
  },
  teardown: async (self) => {
    await Promise.all([self.provider?.close(), self.calendar?.close(), mail.close()]);
  },
});

const open = async (browser, path) => {
  const page = await openPage(scene.browsers[browser], `${scene.server.origin}${path}`);
  scene.open.add(page);
  return page;
};

/** The page makes a request with its own cookie. */
const api = (page, method, path, body) => page.evaluate(async (m, p, b) => {
  const response = await fetch(`/api/v1${p}`, { method: m, headers: { 'Content-Type': 'application/json', 'If-Match': '*' }, body: b && JSON.stringify(b) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${m} ${p}: ${response.status} ${text}`);
  return text ? JSON.parse(text) : null;
}, method, path, body);

/** Waits for something on a page; when it does not come it says what is there instead. */
const shown = (page, selector) => page.waitForSelector(selector, { timeout: 20000 })
  .catch(async () => assert.fail(`no ${selector} at ${page.url()}, but: ${await page.evaluate(() => document.body.innerText)}`));

/** Signs in at the provider's own pages: login, then consent. */
async function atProvider(page, login) {
  await shown(page, 'input[name="login"]');
  await page.type('input[name="login"]', login);
  await page.type('input[name="password"]', 'any');
  await Promise.all([page.waitForNavigation(), page.click('button[type="submit"]')]);
  if (page.url().startsWith(scene.provider.issuer)) await Promise.all([page.waitForNavigation(), page.click('button[type="submit"]')]);
}

test('single sign-on: a stranger stays out, then an account is made and found again by its subject', async () => {
  const { admin, provider } = scene;
  await admin.call('PUT', '/settings/sso', { enabled: true, issuer: provider.issuer, client_id: provider.client, secret: provider.secret, label: 'Example login' });
  const page = await open('chromium', '/signin');
  const go = async () => {
    await page.click(byId('tab-sso'));
    await shown(page, byId('sso'));
    await page.click(byId('sso'));
  };
  await shown(page, `${byId('tab-sso')}:not([disabled])`);
  await go();
  await atProvider(page, 'ada');
  await shown(page, byId('fault'));
  assert.equal(await page.$eval(byId('fault'), (element) => element.dataset.code), 'forbidden', 'nobody is let in whom the tenant does not know');

  const settings = await admin.call('GET', '/settings');
  await admin.call('PUT', '/settings', { ...settings, sso_provision: true }, { headers: { 'If-Match': '*' } });
  await go();
  await page.waitForFunction(() => location.pathname === '/' && document.querySelector('[data-testid="profile-menu"]'));
  const me = await api(page, 'GET', '/me');
  assert.equal(me.email, 'ada@example.org');
  assert.equal(me.name, 'Ada Lovelace');
  assert.equal(me.sso, true);
  assert.equal(me.has_password, false);
  // A second factor of ours beside the provider's is refused.
  const refused = await page.evaluate(async () => (await fetch('/api/v1/me/second-factor', { method: 'POST' })).status);
  assert.ok([401, 409].includes(refused), `second factor: ${refused}`);
  await page.close();
  scene.open.delete(page);
});

test('a weekly meeting across a change of clocks: mail, calendar, knock, admit, co-organiser, end', async (t) => {
  const { admin } = scene;
  await admin.call('POST', '/users', { email: 'bob@example.org', first_name: 'Bob', language: 'de', password: 'a long enough one' });
  const bob = new Person(scene.server.origin);
  await bob.call('POST', '/auth/login', { email: 'bob@example.org', password: 'a long enough one' });
  const { id: bobID } = await bob.call('GET', '/me');

  // Ada, whose session single sign-on began in this browser, schedules. Europe's clocks go back on 25 October 2026 and forward on 28 March 2027.
  const ada = await open('chromium', '/');
  await shown(ada, byId('profile-menu'));
  const meeting = await api(ada, 'POST', '/meetings', {
    kind: 'scheduled', subject: 'Wöchentlich', start_local: '2027-03-15T09:00', zone: 'Europe/Amsterdam', duration: 30, recurrence: 'FREQ=WEEKLY;COUNT=4',
    participants: [bobID], guests: [{ email: 'gus@example.net', name: 'Gus', language: 'fr' }],
  });

  // The guest's mail, in the guest's language, with an invitation that an independent library reads.
  const invitation = await mail.mail('gus@example.net');
  const link = /(http:\/\/localhost:\d+\/m\/\d{9}#\S+)/.exec(invitation.text)?.[1];
  assert.ok(link, `no personal link in:\n${invitation.text}`);
  const access = await api(ada, 'GET', `/meetings/${meeting.id}/access`);
  assert.ok(access.host_passcode && !invitation.raw.includes(access.host_passcode), 'the host passcode is nobody else’s');
  const part = invitation.attachments.find(({ contentType }) => contentType === 'text/calendar');
  const ics = part?.content.toString('utf8') ?? invitation.alternatives?.find(({ contentType }) => contentType === 'text/calendar')?.content;
  assert.ok(ics, 'a text/calendar part');
  assert.match(ics, /METHOD:REQUEST/);
  const german = await mail.mail('bob@example.org', ({ subject }) => subject.includes('Wöchentlich'));
  assert.notEqual(german.text, invitation.text);

  const instants = (text) => {
    const calendar = new ICAL.Component(ICAL.parse(text));
    for (const zone of calendar.getAllSubcomponents('vtimezone')) ICAL.TimezoneService.register(new ICAL.Timezone(zone));
    const event = new ICAL.Event(calendar.getAllSubcomponents('vevent').find((one) => one.getFirstPropertyValue('summary') === 'Wöchentlich'));
    const occurrences = event.iterator();
    const all = [];
    for (let next = occurrences.next(); next && all.length < 10; next = occurrences.next()) all.push(next.toJSDate().toISOString());
    return all;
  };
  // Nine o'clock in Amsterdam: 08:00 UTC in winter, 07:00 in summer.
  const right = ['2027-03-15T08:00:00.000Z', '2027-03-22T08:00:00.000Z', '2027-03-29T07:00:00.000Z', '2027-04-05T07:00:00.000Z'];
  assert.deepEqual(instants(ics), right);
  const feed = await api(ada, 'POST', '/me/calendar-feed');
  const subscribed = await (await fetch(feed.url)).text();
  assert.deepEqual(instants(subscribed), right);

  // The agenda has ours and what another calendar has, whose link is foreign.
  await scene.calendar.make('work/');
  await scene.calendar.put('work/outside.ics', ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//x//y//EN', 'BEGIN:VEVENT', 'UID:outside-1', 'DTSTAMP:20270101T000000Z', 'DTSTART:20270316T130000Z',
    'DTEND:20270316T140000Z', 'SUMMARY:Outside', 'LOCATION:https://zoom.us/j/123456789', 'END:VEVENT', 'END:VCALENDAR', ''].join('\r\n'));
  await api(ada, 'POST', '/me/calendars', { kind: 'caldav', url: scene.calendar.url, user: scene.calendar.user, password: scene.calendar.password });
  const agenda = await api(ada, 'GET', '/me/agenda?from=2027-03-14T00:00:00Z&to=2027-03-21T00:00:00Z');
  assert.deepEqual(agenda.errors, []);
  assert.deepEqual(agenda.items.map(({ meeting: own, external }) => own?.subject ?? `${external.title} ${external.link_kind}`), ['Wöchentlich', 'Outside foreign']);

  // The guest opens the mail's link in Firefox and waits; the host gets in and lets the guest in by the page.
  const gus = await open('firefox', link.slice(scene.server.origin.length));
  await shown(gus, byId('join-guest'));
  assert.ok(!(await gus.evaluate(() => location.href)).includes('#'), 'the personal link is out of the address bar');
  await gus.click(byId('join-guest'));
  await shown(gus, byId('prejoin'));
  await gus.click(byId('join'));
  await shown(gus, byId('lobby'));
  t.diagnostic('Gus waits at the door');

  await ada.goto(`${scene.server.origin}/m/${meeting.number}`);
  await shown(ada, byId('join-as'));
  await ada.click(byId('join-as'));
  await shown(ada, byId('prejoin'));
  await ada.click(byId('join'));
  await shown(ada, joined);
  // An invited guest comes in once a host is there; a stranger has to be let in.
  await shown(gus, joined);

  // What is said is kept for who comes later.
  const say = async (page, text) => {
    if (!(await page.$(byId('chat-panel')))) await page.click(byId('open-chat'));
    await page.type(byId('chat-text'), text);
    await page.keyboard.press('Enter');
  };
  const reads = (page, ...texts) => page.waitForFunction((message, wanted) => {
    const shown = [...document.querySelectorAll(message)].map((one) => one.querySelector('p').textContent);
    return shown.length === wanted.length && shown.every((one, i) => one === wanted[i]);
  }, {}, byId('chat-message'), texts);
  await say(ada, 'Hello, Gus. See https://example.org/plan.');
  await shown(gus, `${byId('open-chat')}[data-unread="1"]`);
  await say(gus, 'Hello, Ada');
  await reads(ada, 'Hello, Gus. See https://example.org/plan.', 'Hello, Ada');
  await reads(gus, 'Hello, Gus. See https://example.org/plan.', 'Hello, Ada');
  assert.equal(await gus.$eval(`${byId('chat-message')} a`, (a) => `${a.href} ${a.rel}`), 'https://example.org/plan noopener noreferrer nofollow');

  const stranger = await open('firefox', `/m/${meeting.number}`);
  await shown(stranger, byId('guest-name'));
  await stranger.type(byId('guest-name'), 'Sam');
  await stranger.click(byId('join-guest'));
  await shown(stranger, byId('prejoin'));
  await stranger.click(byId('join'));
  await shown(stranger, byId('lobby'));
  await shown(ada, byId('knock-admit'));
  await ada.click(byId('knock-admit'));
  await shown(stranger, joined);
  await stranger.click(byId('open-chat'));
  await reads(stranger, 'Hello, Gus. See https://example.org/plan.', 'Hello, Ada');
  for (const [page, others] of [[ada, ['Gus', 'Sam']], [gus, ['Ada Lovelace', 'Sam']]]) {
    for (const other of others) await page.evaluate((name) => e2e.until(`the tile of ${name}`, () => e2e.tile(name), 20000), other);
  }

  // Bob comes by his own account, is made co-organiser, and may then end it for all.
  await api(ada, 'POST', `/meetings/${meeting.id}/co-organisers`, { user: bobID });
  const seat = await bob.call('POST', `/meetings/${meeting.id}/join`);
  assert.equal(seat.role, 'co_organiser');
  await bob.call('POST', `/meetings/${meeting.id}/end`);
  for (const page of [ada, gus, stranger]) await page.waitForFunction((selector) => !document.querySelector(selector), {}, joined);
  const details = await api(ada, 'GET', `/meetings/${meeting.id}/details`);
  const text = JSON.stringify(details);
  for (const name of ['Ada Lovelace', 'Gus', 'Sam']) assert.ok(text.includes(name), `${name} is not among those who were there: ${text}`);
  assert.deepEqual([...ada.errors, ...gus.errors, ...stranger.errors], []);

  // The record of what was said, on the page of the meeting.
  await ada.goto(`${scene.server.origin}/meetings?id=${meeting.id}`);
  await shown(ada, byId('run'));
  await ada.click(byId('run'));
  await shown(ada, byId('run-chat'));
  await ada.$eval(byId('run-chat'), (tab) => tab.click()); // not by its place: the panel is still opening
  await reads(ada, 'Hello, Gus. See https://example.org/plan.', 'Hello, Ada');

  // Cancelled: the invited get the same event again, cancelled.
  await api(ada, 'DELETE', `/meetings/${meeting.id}`);
  const cancelled = await mail.mail('gus@example.net', ({ raw }) => /METHOD[:=]"?CANCEL/i.test(raw));
  assert.ok(cancelled);
  await scene.clear(ada, gus, stranger);
});
