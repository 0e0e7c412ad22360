// Takes pictures of raised hands and reactions, into dev/out, from a running switchyard that has no administrator yet:
//   node dev/hands.mjs 'http://localhost:8080/#code=…&room=main' MODERATOR_TOKEN 'http://localhost:8080/setup#…' [room|meeting]
// The token is that of `switchyard token --room main --identity host --grant publish,subscribe,message,moderate`.
import { mkdirSync } from 'node:fs'
import { launch } from './browser.mjs'

const [address, token, setup, part = ''] = process.argv.slice(2)
if (!setup) throw new Error("give the invitation's address, a moderator's token and the address that makes the first administrator")
const out = new URL('./out/', import.meta.url).pathname
mkdirSync(out, { recursive: true })

const NAMES = ['Grace Hopper', 'Ada Lovelace', 'Alan Turing', 'Hubert Blaine Wolfeschlegelsteinhausenbergerdorff the Third', 'Barbara Liskov']
const SIZES = [
  ['wide', { width: 1280, height: 800 }],
  ['phone', { width: 360, height: 740, deviceScaleFactor: 2 }],
  ['across', { width: 740, height: 360, deviceScaleFactor: 2 }],
]
const settle = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
const click = (page, id) => page.waitForSelector(`[data-testid=${id}]`).then((e) => e.evaluate((node) => node.click()))
const browser = await launch()

async function open(viewport = SIZES[0][1]) {
  const page = await (await browser.createBrowserContext()).newPage()
  page.on('pageerror', (error) => console.log('page error:', error.message))
  page.on('console', (m) => m.type() === 'error' && console.log('console:', m.text()))
  await page.setViewport(viewport)
  return page
}

async function shots(page, name, before = () => undefined) {
  for (const [size, viewport] of SIZES) {
    await page.setViewport(viewport)
    for (const colours of ['light', 'dark']) {
      await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: colours }])
      await before()
      await settle(900)
      await page.screenshot({ path: `${out}${name}-${size}-${colours}.png` })
      const bar = await page.evaluate(() => [...document.querySelectorAll('nav button')].some((b) => b.offsetWidth && (b.getBoundingClientRect().left < 0 || b.getBoundingClientRect().right > innerWidth)))
      if (bar) console.log(`${name}-${size}: the control bar is wider than the screen`)
    }
  }
  await page.setViewport(SIZES[0][1])
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'light' }])
  console.log(name)
}

/** Runs in the page: joins as `name`, without media. */
async function bot(name, token) {
  const { Meeting } = await import('/rtc.js')
  const meeting = new Meeting({ url: location.origin.replace('http', 'ws') + '/rtc', token: async () => token, join: () => ({ name }), slots: { audio: 1, video: 1 } })
  window.bots = [...(window.bots ?? []), meeting]
  await meeting.join()
}

const yard = await open()
await yard.goto(new URL('/favicon.svg', address).href)
const crowd = async (tokens) => {
  await yard.evaluate(() => {
    for (const old of window.bots ?? []) void old.leave()
    window.bots = []
  })
  for (const [index, one] of tokens.entries()) await yard.evaluate(bot, NAMES[index], one)
}
const raise = (...indices) => yard.evaluate(async (list) => { for (const i of list) await window.bots[i].session.request({ type: 'raiseHand' }) }, indices)
const react = () => yard.evaluate((all) => window.bots.forEach((b, i) => b.session.request({ type: 'react', emoji: all[i] }).catch(() => undefined)), ['👏', '🎉', '❤️', '😂', '👍'])
const invitation = new URLSearchParams(new URL(address).hash.slice(1))
const post = (path, body) => yard.evaluate(async (path, body) => (await fetch(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) })).json(), path, body)
const invited = async () => (await post('/invite', { code: invitation.get('code'), room: invitation.get('room') })).token

if (part !== 'meeting') {
  // A room that a token leads into, with a moderator.
  await crowd(await Promise.all(NAMES.map(invited)))
  const moderator = await open()
  await moderator.goto(new URL('/#token', address).href)
  await moderator.waitForSelector('[data-testid=token]')
  await moderator.$eval('[data-testid=token]', (field, value) => {
    Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), 'value').set.call(field, value)
    field.dispatchEvent(new Event('input', { bubbles: true }))
  }, token)
  await settle(300)
  await click(moderator, 'use-token')
  await moderator.waitForSelector('[data-testid=preview] video')
  await moderator.type('[data-testid=name]', 'Margaret Hamilton')
  await settle(1000)
  await click(moderator, 'join')
  await moderator.waitForSelector('[data-testid=room]')
  await raise(2, 0, 3)
  await click(moderator, 'toggle-hand')
  await moderator.waitForSelector('[data-testid=hand]')
  await settle(1000)
  await shots(moderator, 'h-room', react)
  await click(moderator, 'hands')
  await moderator.waitForSelector('[data-testid=queued]')
  await shots(moderator, 'h-queue')
  await moderator.keyboard.press('Escape')
  await click(moderator, 'open-reactions')
  await moderator.waitForSelector('[data-testid=react]')
  await shots(moderator, 'h-picker')
  for (let i = 0; i < 12; i++) await click(moderator, 'react')
  await settle(500)
  await moderator.screenshot({ path: `${out}h-too-many.png` })
  await moderator.keyboard.press('Escape')
  await moderator.emulateMediaFeatures([{ name: 'prefers-reduced-motion', value: 'reduce' }])
  await settle(9000)
  await react()
  await settle(700)
  await moderator.screenshot({ path: `${out}h-still.png` })
  await click(moderator, 'open-shortcuts')
  await settle(700)
  await moderator.screenshot({ path: `${out}h-shortcuts.png` })
  await moderator.keyboard.press('Escape')
  await settle(500)
  await moderator.setViewport(SIZES[1][1])
  await click(moderator, 'more-controls')
  await settle(500)
  await moderator.screenshot({ path: `${out}h-more.png` })
}

if (part !== 'room') {
  // A meeting with its host.
  const host = await open()
  await host.goto(new URL('/signin', address).href)
  const api = (method, path, body) =>
    host.evaluate(async (method, path, body) => (await fetch(`/api/v1${path}`, { method, headers: { 'Content-Type': 'application/json' }, ...(body && { body: JSON.stringify(body) }) })).json(), method, path, body)
  await api('POST', '/setup', { secret: new URL(setup).hash.slice(1), email: 'ada@example.org', first_name: 'Margaret', last_name: 'Hamilton', password: 'a long enough one' })
  await settle(1000)
  const meeting = await api('POST', '/meetings', { kind: 'instant', subject: 'Design review', public: true, lobby: false })
  await host.goto(new URL(`/m/${meeting.number}`, address).href)
  await click(host, 'join-as')
  await host.waitForSelector('[data-testid=preview] video')
  await settle(1000)
  await click(host, 'join')
  await host.waitForSelector('[data-testid=room]')
  const guests = []
  for (const name of NAMES) guests.push((await post('/api/v1/join', { number: meeting.number, name })).token)
  await crowd(guests)
  await raise(4, 1, 3)
  await click(host, 'hands')
  await host.waitForSelector('[data-testid=people-panel] [data-testid=hand]')
  await shots(host, 'h-panel')
  await click(host, 'lower-hand')
  await host.waitForFunction(() => document.querySelectorAll('[data-testid=people-panel] [data-testid=hand]').length === 2)
  await click(host, 'lower-all')
  await host.waitForFunction(() => !document.querySelector('[data-testid=hand]'))
  console.log('the host has lowered all hands')
}
await browser.close()
