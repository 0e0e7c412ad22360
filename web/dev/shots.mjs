// Takes pictures of the page in all its sizes and colours, into dev/out, from a running switchyard:
//   npm run build && npm run shots -- 'http://localhost:8080/#code=…&room=shots'
// The others in the room are bots that use the protocol client alone and send a small drawn picture.
import { mkdirSync } from 'node:fs'
import { launch } from './browser.mjs'

const NAMES = ['Grace Hopper', 'Ada Lovelace', 'Alan Turing', 'Katherine Johnson', 'Edsger Dijkstra', 'Barbara Liskov', 'Donald Knuth', 'Radia Perlman', 'Hubert Blaine Wolfeschlegelsteinhausenbergerdorff the Third', 'Ng']
const LANDSCAPE = { width: 844, height: 390, deviceScaleFactor: 2 }
const out = new URL('./out/', import.meta.url).pathname
const address = process.argv[2]
if (!address) throw new Error('give the address with the invitation code')
mkdirSync(out, { recursive: true })

const browser = await launch()
const shot = async (page, name) => {
  await page.screenshot({ path: `${out}${name}.png` })
  console.log(`${out}${name}.png`)
}
const settle = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
const scheme = (page, value) => page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value }])

const yard = await (await browser.createBrowserContext()).newPage()
await yard.goto(new URL('/favicon.svg', address).href)
const invitation = new URLSearchParams(new URL(address).hash.slice(1))
const addBot = (name, index) => yard.evaluate(bot, name, index, invitation.get('code'), invitation.get('room'))

/** Runs in the page: joins as `name` and sends a drawing; every third has no camera. */
async function bot(name, index, code, room) {
  const { Meeting } = await import('/rtc.js')
  const response = await fetch('/invite', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ code, room }) })
  const { token } = await response.json()
  const meeting = new Meeting({ url: location.origin.replace('http', 'ws') + '/rtc', token: async () => token, join: () => ({ name }), slots: { audio: 1, video: 1 } })
  window.bots = [...(window.bots ?? []), meeting]
  if (index % 3 !== 2) {
    const canvas = new OffscreenCanvas(320, 180)
    const pen = canvas.getContext('2d')
    const track = new MediaStreamTrackGenerator({ kind: 'video' })
    const writer = track.writable.getWriter()
    let n = 0
    const period = index < 8 ? 100 : 400
    setInterval(() => {
      const sky = pen.createLinearGradient(0, 0, 320, 180)
      sky.addColorStop(0, `hsl(${index * 47} 45% 62%)`)
      sky.addColorStop(1, `hsl(${index * 47 + 40} 40% 36%)`)
      pen.fillStyle = sky
      pen.fillRect(0, 0, 320, 180)
      pen.fillStyle = 'rgb(255 255 255 / 85%)'
      pen.beginPath()
      pen.arc(160, 78, 34, 0, 7)
      pen.fill()
      pen.beginPath()
      pen.ellipse(160, 190, 78, 72 + Math.sin(n / 5) * 3, 0, 0, 7)
      pen.fill()
      n += 1
      writer.write(new VideoFrame(canvas, { timestamp: n * period * 1_000 }))
    }, period)
    await meeting.peer.publish('camera', track)
  }
  if (index % 2 === 0) {
    const context = new AudioContext()
    const tone = new OscillatorNode(context, { frequency: 300 + index * 50 })
    const sound = context.createMediaStreamDestination()
    const quiet = new GainNode(context, { gain: index === 0 ? 0.3 : 0 })
    tone.connect(quiet).connect(sound)
    tone.start()
    await meeting.peer.publish('microphone', sound.stream.getAudioTracks()[0])
  }
  await meeting.join()
}

const page = await (await browser.createBrowserContext()).newPage()
page.on('console', (message) => console.log('page:', message.text()))
page.on('pageerror', (error) => console.log('page error:', error.message))
await page.setViewport({ width: 1280, height: 800 })

await page.goto(new URL('/#token', address).href)
await page.waitForSelector('[data-testid=advanced]')
await shot(page, 'outside')

await page.goto(address)
await page.waitForSelector('[data-testid=preview] video')
await settle(700)
for (const colours of ['light', 'dark']) {
  await scheme(page, colours)
  await settle(200)
  await shot(page, `prejoin-${colours}`)
}
await page.setViewport({ width: 390, height: 844, deviceScaleFactor: 2 })
await settle(300)
await shot(page, 'prejoin-phone')
await page.setViewport({ width: 1280, height: 800 })

await page.type('[data-testid=name]', 'Margaret Hamilton')
await page.click('[data-testid=join]')
await page.waitForSelector('[data-testid=room]')

let bots = 0
for (const others of [0, 1, 4, 8, 15, 29]) {
  while (bots < others) await addBot(NAMES[bots % NAMES.length], bots++)
  await settle(2500)
  for (const colours of ['light', 'dark']) {
    await scheme(page, colours)
    await settle(200)
    await shot(page, `room-${others + 1}-${colours}`)
  }
  await page.setViewport({ width: 390, height: 844, deviceScaleFactor: 2 })
  await settle(600)
  await shot(page, `room-${others + 1}-phone`)
  await page.setViewport(LANDSCAPE)
  await settle(600)
  await shot(page, `room-${others + 1}-landscape`)
  await page.setViewport({ width: 1280, height: 800 })
  await settle(300)
}
await page.keyboard.press('g')
await page.keyboard.press('i')
await page.keyboard.press('m')
await settle(2500)
await shot(page, 'speaker-view-statistics')
await page.keyboard.press('i')
await page.keyboard.press('?')
await settle(600)
await shot(page, 'shortcuts')
await page.keyboard.press('Escape')
await settle(400)
await page.keyboard.press('s')
await settle(2500)
await shot(page, 'sharing')
await page.evaluate(() => {
  const { WebSocket } = window
  window.WebSocket = class {
    constructor() {
      setTimeout(() => this.onclose?.({ code: 1006, reason: '' }), 10)
    }
    close() {}
  }
  setTimeout(() => (window.WebSocket = WebSocket), 1000)
  window.switchyard.session.cutSocket()
})
await settle(300)
await shot(page, 'reconnecting')
await page.waitForSelector('[data-testid=connection][data-status=joined]')
await page.keyboard.press('L')
await page.waitForSelector('[data-testid=again]')
await shot(page, 'ended')
await browser.close()
