import '@mantine/core/styles.css'
import './app/app.css'
import { MantineProvider } from '@mantine/core'
import { createRoot } from 'react-dom/client'
import { App } from './app/App'
import { theme } from './app/theme'
import { startTexts } from './i18n'

const root = document.getElementById('root')
// The server puts a fresh nonce into each copy of the page, for the one style element that Mantine makes.
const nonce = document.querySelector<HTMLMetaElement>('meta[name=csp-nonce]')?.content ?? ''
// Dialogs make one more, and look for the nonce here.
Object.assign(globalThis, { __webpack_nonce__: nonce })

if (root) {
  await startTexts()
  createRoot(root).render(
    <MantineProvider theme={theme} defaultColorScheme="auto" getStyleNonce={() => nonce}>
      <App />
    </MantineProvider>,
  )
}
