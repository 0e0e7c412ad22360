import '@mantine/core/styles.css'
import './app/app.css'
import { MantineProvider } from '@mantine/core'
import { createRoot } from 'react-dom/client'
import { App } from './app/App'
import { watchInstall } from './app/install'
import { nonce } from './app/nonce'
import { isMeetingPlace } from './app/place'
import { theme } from './app/theme'
import { isAtDoor } from './entry/meetingSeat'
import { isSeated } from './entry/seat'
import { loadMeetingsTexts, startTexts } from './i18n'

const root = document.getElementById('root')
watchInstall()
// Dialogs make a style element of their own, and look for the nonce here.
Object.assign(globalThis, { __webpack_nonce__: nonce })

/** The meeting is in this bundle; the pages around it are loaded when one of them is to be shown. */
async function firstPage() {
  if (isAtDoor(location)) {
    await startTexts()
    await loadMeetingsTexts()
    return <App />
  }
  if (isMeetingPlace(location, isSeated())) {
    await startTexts()
    return <App />
  }
  const pages = import('./pages/Pages')
  await startTexts()
  const { Pages, prepare } = await pages
  await prepare()
  return <Pages />
}

async function start(root: HTMLElement) {
  const page = await firstPage()
  createRoot(root).render(
    <MantineProvider theme={theme} defaultColorScheme="auto" getStyleNonce={() => nonce}>
      {page}
    </MantineProvider>,
  )
}

// Not awaited here: the pages import from this bundle, and would wait for it as it for them.
if (root) void start(root)
