// Takes pictures of the meetings' pages and of a meeting with a host, a guest and people at the door, into dev/out,
// from a running switchyard with an administrator:
//   node dev/meetings.mjs http://localhost:8080 ada@example.com 'its password' [pages|room [language]]
import { mkdirSync } from 'node:fs'
import { launch } from './browser.mjs'

const [address, email, password, part = '', language = 'en'] = process.argv.slice(2)
if (!password) throw new Error('give the address, and the e-mail address and password of an administrator')
const out = new URL('./out/', import.meta.url).pathname
mkdirSync(out, { recursive: true })

const SIZES = [
  ['wide', { width: 1280, height: 800 }],
  ['phone', { width: 360, height: 740, deviceScaleFactor: 2 }],
]
const settle = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
const browser = await launch()

async function open(context) {
  const page = await context.newPage()
  page.on('pageerror', (error) => console.log('page error:', error.message))
  page.on('console', (m) => m.type() === 'error' && console.log('console:', m.text()))
  page.setDefaultTimeout(20_000)
  await page.evaluateOnNewDocument((language) => localStorage.setItem('switchyard.language', language), language)
  return page
}

async function shots(page, name, full = false) {
  for (const [size, viewport] of SIZES) {
    await page.setViewport(viewport)
    for (const colours of ['light', 'dark']) {
      await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: colours }])
      await settle(400)
      await page.screenshot({ path: `${out}${name}-${size}-${colours}.png`, fullPage: full })
      const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth + 1)
      if (wide) console.log(`${name}-${size}: wider than the screen`)
    }
  }
  await page.setViewport(SIZES[0][1])
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'light' }])
  console.log(name)
}

const click = (page, id) => page.waitForSelector(`[data-testid=${id}]`).then((e) => e.evaluate((node) => node.click()))
const api = (page, method, path, body) =>
  page.evaluate(
    async (method, path, body) => {
      const r = await fetch(`/api/v1${path}`, { method, headers: { 'Content-Type': 'application/json' }, ...(body && { body: JSON.stringify(body) }) })
      return r.status === 204 ? undefined : r.json()
    },
    method,
    path,
    body,
  )

const home = await browser.createBrowserContext()
const host = await open(home)
await host.setViewport(SIZES[0][1])
await host.goto(new URL('/signin', address).href)
await api(host, 'POST', '/auth/login', { email, password })

if (part !== 'room') {
  await host.goto(new URL('/', address).href)
  await host.waitForSelector('[data-testid=start-mine]')
  await settle(800)
  await shots(host, 'm-home', true)
  await host.goto(new URL('/meetings', address).href)
  await host.waitForSelector('[data-testid=meeting]')
  await shots(host, 'm-list')
  await host.evaluate(() => document.querySelector('[data-testid=meeting] button').click())
  await settle(900)
  await shots(host, 'm-details')
  await host.goto(new URL('/meetings', address).href)
  await host.waitForSelector('[data-testid=meeting]')
  await host.evaluate(() => [...document.querySelectorAll('[role=tab]')][1].click())
  await settle(700)
  await shots(host, 'm-previous')
  await click(host, 'meet-now')
  await settle(700)
  await host.type('[data-testid=guest-email]', 'linus@example.org')
  await click(host, 'add-guest')
  await host.evaluate(() => [...document.querySelectorAll('[data-testid=pick]')].slice(0, 3).forEach((e) => e.click()))
  await settle(300)
  await shots(host, 'm-instant')
  await host.goto(new URL('/meetings', address).href)
  await host.waitForSelector('[data-testid=more]')
  for (const [index, name] of [[0, 'm-myroom'], [1, 'm-feed']]) {
    await host.click('[data-testid=more]')
    await settle(400)
    await host.evaluate((i) => document.querySelectorAll('[role=menuitem]')[i].click(), index)
    await settle(900)
    await shots(host, name)
    await host.keyboard.press('Escape')
    await settle(400)
  }
  await host.goto(new URL('/meetings/new', address).href)
  await host.waitForSelector('[data-testid=schedule-form]')
  await host.select('[data-testid=repeat]', 'weekly')
  await host.evaluate(() => [...document.querySelectorAll('[data-testid=pick]')].slice(0, 3).forEach((e) => e.click()))
  await settle(400)
  await settle(300)
  await click(host, 'picked-menu')
  await click(host, 'toggle-role')
  await settle(400)
  await shots(host, 'm-schedule', true)
  const guest = await open(await browser.createBrowserContext())
  await guest.goto(new URL('/m/000000000', address).href)
  await guest.waitForSelector('[data-testid=fault]')
  await shots(guest, 'm-wrong-number')
  await guest.goto(new URL('/join', address).href)
  await guest.waitForSelector('[data-testid=number]')
  await shots(guest, 'm-number')
}

if (part !== 'pages') {
  const people = (await api(host, 'GET', '/users')).items.filter((u) => u.email !== email).slice(0, 3)
  const meeting = await api(host, 'POST', '/meetings', { kind: 'instant', subject: 'Design review', participants: people.map((u) => u.id), public: false, lobby: true, mute_on_entry: true })
  await host.goto(new URL(`/m/${meeting.number}`, address).href)
  await host.waitForSelector('[data-testid=join-as]')
  await shots(host, 'm-join-user')

  const enter = async (name) => {
    const page = await open(await browser.createBrowserContext())
    await page.setViewport(SIZES[0][1])
    await page.goto(new URL(`/m/${meeting.number}`, address).href)
    await page.waitForSelector('[data-testid=guest-name]')
    await page.type('[data-testid=guest-name]', name)
    if (name.startsWith('Donald')) await shots(page, 'm-join-guest')
    await click(page, 'join-guest')
    await page.waitForSelector('[data-testid=fixed-name]')
    await settle(500)
    if (name.startsWith('Donald')) await shots(page, 'm-prejoin')
    await click(page, 'join')
    return page
  }
  const donald = await enter('Donald Knuth')
  await donald.waitForSelector('[data-testid=lobby]')
  await settle(800)
  await shots(donald, 'm-lobby')

  await click(host, 'join-as')
  await host.waitForSelector('[data-testid=fixed-name]')
  await click(host, 'join')
  await host.waitForSelector('[data-testid=room]')
  const niklaus = await enter('Niklaus Wirth')
  await host.waitForSelector('[data-testid=knock]')
  await settle(1500)
  await shots(host, 'm-knock')
  await click(host, 'open-people')
  await host.waitForSelector('[data-testid=waiting]')
  await settle(500)
  await shots(host, 'm-panel')
  await click(host, 'admit')
  await donald.waitForSelector('[data-testid=room]')
  await settle(1500)
  const muted = await donald.$eval('[data-testid=toggle-microphone]', (e) => e.getAttribute('aria-pressed'))
  console.log('muted on entry:', muted)
  await click(host, 'refuse')
  await niklaus.waitForSelector('[data-testid=again]')
  await settle(500)
  await shots(niklaus, 'm-refused')
  const menu = async (item) => {
    await host.evaluate(() => document.querySelector('[data-testid=person-menu]').click())
    await host.waitForSelector(`[data-testid=${item}]`)
    await settle(300)
    if (item === 'ask-unmute') await shots(host, 'm-menu')
    await click(host, item)
  }
  await menu('ask-unmute')
  await donald.waitForSelector('[data-testid=asked-unmute]')
  await settle(500)
  await shots(donald, 'm-asked')
  await click(donald, 'asked-unmute')
  await host.waitForFunction(() => !document.querySelectorAll('[data-testid=present]')[1]?.querySelector('[role=img]'))
  console.log('unmuted')
  await menu('mute')
  await donald.waitForFunction(() => document.querySelector('[data-testid=toggle-microphone]').getAttribute('aria-pressed') === 'true')
  console.log('muted by the host')
  const say = async (page, text) => {
    if (!(await page.$('[data-testid=chat-panel]'))) await click(page, 'open-chat')
    await page.type('[data-testid=chat-text]', text)
    await page.keyboard.press('Enter')
    await settle(400)
  }
  await say(donald, 'Premature optimization is the root of all evil. See https://example.org/a/rather/long/address/that/has/to/be/broken/somewhere.')
  await say(donald, 'Shall we begin?')
  await shots(host, 'm-unread')
  await say(host, 'Yes. First the agenda:')
  await settle(500)
  await shots(host, 'm-chat')
  await click(host, 'close-chat')
  await click(host, 'open-people')
  await click(host, 'lock')
  await host.waitForSelector('[data-testid=lock][aria-pressed=true]')
  await shots(host, 'm-locked')
  await click(host, 'invite-guest')
  await host.waitForSelector('[data-testid=invite-email]')
  await host.type('[data-testid=invite-email]', 'linus@example.org')
  await host.type('[data-testid=invite-name]', 'Linus Torvalds')
  await click(host, 'send-invite')
  await host.waitForSelector('[data-testid=guest-link]')
  await settle(600)
  await shots(host, 'm-invite')
  await click(host, 'guest-menu')
  await host.waitForSelector('[data-testid=revoke-guest]')
  await settle(400)
  await shots(host, 'm-guest-menu')
  await host.keyboard.press('Escape')
  await host.keyboard.press('Escape')
  await settle(400)
  await menu('remove')
  await host.waitForSelector('[data-testid=confirm]')
  await settle(500)
  await shots(host, 'm-remove')
  await click(host, 'confirm')
  await donald.waitForSelector('[data-testid=again]')
  console.log('removed:', await donald.$eval('[data-testid=again]', (e) => e.dataset.reason))
  await click(host, 'leave')
  await host.waitForSelector('[data-testid=end-for-all]')
  await settle(500)
  await shots(host, 'm-leave')
  await host.reload()
  await host.waitForSelector('[data-testid=room]')
  console.log('back after a reload:', await host.evaluate(() => location.pathname + location.search + location.hash))
  await settle(1500)
  await click(host, 'leave')
  await click(host, 'end-for-all')
  await host.waitForSelector('[data-testid=again]')
  console.log('ended:', await host.$eval('[data-testid=again]', (e) => e.dataset.reason))
}
await browser.close()
