// Takes pictures of the pages around the meeting in both schemes and two sizes, into dev/out, from a running switchyard
// that has no accounts yet, or whose administrator is the one below. It fills in what the pages need to have something to show.
//   npm run build && npm run shots:pages -- http://localhost:8080/setup#…
// Says of each page what the browser complained about, and whether it scrolls sideways.
import { mkdirSync } from 'node:fs'
import { launch } from './browser.mjs'

const ADMIN = { email: 'ada@example.org', password: 'a long password' }
const SIZES = { desktop: { width: 1280, height: 800 }, phone: { width: 360, height: 740, deviceScaleFactor: 2 } }
const out = new URL('./out/', import.meta.url).pathname
const [address = 'http://localhost:8080', only] = process.argv.slice(2)
const at = (path) => new URL(path, address).href
mkdirSync(out, { recursive: true })

const browser = await launch()
const page = await (await browser.createBrowserContext()).newPage()
page.on('console', (message) => ['error', 'warning', 'warn'].includes(message.type()) && console.log('  page:', message.text(), message.location().url ?? ''))
page.on('pageerror', (error) => console.log('  page error:', error.message))
await page.evaluateOnNewDocument(() => localStorage.getItem('switchyard.language') ?? localStorage.setItem('switchyard.language', 'en'))
const settle = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
const byId = (id) => `[data-testid="${id}"]`

/** Pictures of what is shown now. `full`: of the whole page. */
async function shoot(name, { full = true } = {}) {
  if (only && !name.includes(only)) return
  for (const [size, viewport] of Object.entries(SIZES)) {
    await page.setViewport(viewport)
    for (const value of ['light', 'dark']) {
      await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value }])
      await settle(350)
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
      if (wide > 0) console.log(`  ${name}: ${wide} px too wide on the ${size}`)
      await page.screenshot({ path: `${out}page-${name}-${size}-${value}.png`, fullPage: full })
    }
  }
  await page.setViewport(SIZES.desktop)
  console.log(name)
}

async function open(path, selector = 'h1') {
  await page.goto(at(path), { waitUntil: 'load' })
  await page.waitForSelector(selector)
  await settle(500)
}
const ask = (method, path, body) =>
  page.evaluate(
    async (method, path, body) => {
      const headers = { 'Content-Type': 'application/json', 'If-Match': '*' }
      const answer = await fetch(`/api/v1${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) })
      return answer.status === 204 ? undefined : answer.json()
    },
    method,
    path,
    body,
  )
const click = async (id) => {
  await page.click(byId(id))
  await settle(450)
}

await page.setViewport(SIZES.desktop)
if (address.includes('/setup#')) {
  await open(address, byId('setup-form'))
  await shoot('setup')
  for (const [field, text] of Object.entries({ first_name: 'Ada', last_name: 'Lovelace', ...ADMIN })) {
    const order = ['first_name', 'last_name', 'email', 'password'].indexOf(field)
    await (await page.$$(`${byId('setup-form')} input`))[order].type(text)
  }
  await click('setup')
  await page.waitForSelector(byId('profile-menu'))
} else {
  await open('/signin')
  await ask('POST', '/auth/login', { ...ADMIN, remember: true })
}
const departments = (await ask('GET', '/departments')).items
if (departments.length === 0) {
  const research = await ask('POST', '/departments', { name: 'Research and development' })
  const sales = await ask('POST', '/departments', { name: 'Sales' })
  const people = ['Grace Hopper', 'Alan Turing', 'Katherine Johnson', 'Hubert Blaine Wolfeschlegelsteinhausenbergerdorff', 'Radia Perlman']
  for (const [n, name] of people.entries()) {
    const [first_name, last_name] = [name.split(' ')[0], name.split(' ').slice(1).join(' ')]
    const email = `${name.toLowerCase().replaceAll(' ', '.')}@example.org`
    const user = await ask('POST', '/users', { first_name, last_name, email, role: n === 0 ? 'department_admin' : 'user', departments: n % 2 ? [sales.id] : [research.id, sales.id], language: 'en' })
    if (n === 2) await ask('PATCH', `/users/${user.id}`, { active: false })
    if (n === 0) await ask('PUT', '/flags', { name: 'labs', user: user.id, enabled: true, expires: '2030-01-01T00:00:00Z' })
  }
  await ask('POST', '/api-keys', { name: 'Door sign in the lobby', scopes: ['rooms:read', 'events:read', 'meetings:read'] })
}

for (const [name, path, selector] of [
  ['home', '/'],
  ['profile', '/profile'],
  ['selfcare', '/selfcare', 'section'],
  ['preferences', '/settings', byId('add-calendar')],
  ['release-notes', '/release-notes', 'li'],
  ['tenants', '/admin/tenants', byId('tenant')],
  ['users', '/admin/users', byId('user')],
  ['departments', '/admin/departments', 'td'],
  ['settings', '/admin/settings', byId('settings-form')],
  ['sso', '/admin/sso', 'form'],
  ['flags', '/admin/flags', 'section'],
  ['keys', '/admin/keys', 'li'],
  ['audit', '/admin/audit', 'td'],
  ['unknown', '/nowhere'],
]) {
  await open(path, selector)
  await shoot(name)
}
await open('/')
await click('profile-menu')
await shoot('profile-menu', { full: false })
await page.setViewport(SIZES.phone)
await open('/')
await click('menu')
await page.screenshot({ path: `${out}page-menu-phone.png` })
await page.setViewport(SIZES.desktop)
await open('/admin/users', byId('user'))
await (await page.$$(byId('user')))[2].click()
await page.waitForSelector(byId('user-form'))
await settle(500)
await shoot('user', { full: false })
await click('delete-user')
await shoot('confirm', { full: false })
await open('/admin/keys', 'li')
await click('new-key')
await shoot('new-key', { full: false })
await open('/selfcare', 'section')
if (await page.$(byId('factor-begin'))) {
  await click('factor-begin')
  await page.waitForSelector(byId('factor-form'))
  await settle(500)
  await shoot('factor', { full: false })
}
await open('/settings', byId('add-calendar'))
await click('add-calendar')
await page.waitForSelector(byId('calendar-form'))
await page.type(byId('calendar-url'), 'http://127.0.0.1:9/calendar.ics')
await page.click(byId('connect-calendar'))
await page.waitForFunction(() => document.querySelector('[data-testid=calendar-form] [aria-invalid=true]'))
await settle(300)
await shoot('calendar-refused', { full: false })
await page.evaluate(() => [...document.querySelectorAll('[data-testid=calendar-kind] input')].at(-1).click())
await shoot('calendar-graph', { full: false })
await open('/admin/tenants', byId('tenant'))
await click('new-tenant')
await shoot('new-tenant', { full: false })
const terms = ['Switchyard is for work. Be kind to each other, and brief.', 'What is said in a meeting is kept with it for as long as the organisation says.'].join('\n\n')
await ask('PUT', '/settings/terms', { text: `${terms}\n\n${'Nothing else is asked of you. '.repeat(60)}` })
await open('/', byId('accept-terms'))
await settle(500)
await shoot('terms', { full: false })
await ask('PUT', '/settings/terms', { text: '' })
for (const language of ['de', 'fr', 'nl', 'ja']) {
  await page.evaluate((language) => localStorage.setItem('switchyard.language', language), language)
  await open('/settings', byId('add-calendar'))
  await shoot(`preferences-${language}`)
}
await page.evaluate(() => localStorage.setItem('switchyard.language', 'en'))
await ask('POST', '/auth/logout')
await open('/signin', byId('email'))
await shoot('signin')
await page.type(byId('email'), ADMIN.email)
await page.type(byId('password'), 'not this one')
await click('signin')
await page.waitForSelector(byId('fault'))
await shoot('signin-wrong')
await click('forgot')
await shoot('forgot')
await page.evaluate(() => localStorage.setItem('switchyard.accounts', JSON.stringify([{ email: 'ada@example.org', name: 'Ada Lovelace' }, { email: 'grace.hopper@example.org', name: 'Grace Hopper' }])))
await open('/signin', byId('account'))
await shoot('signin-accounts')
await open('/reset#secret')
await shoot('reset')
await open('/confirm-email#secret')
await shoot('confirm-email')
for (const language of ['de', 'ja']) {
  await page.evaluate((language) => localStorage.setItem('switchyard.language', language), language)
  await open('/signin', byId('account'))
  await shoot(`signin-${language}`)
}
await browser.close()
