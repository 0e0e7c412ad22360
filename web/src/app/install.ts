import { useSyncExternalStore } from 'react'

/** Chromium's offer to install the page as an app. */
interface InstallOffer extends Event {
  prompt: () => Promise<unknown>
}

let offer: InstallOffer | undefined
const listeners = new Set<() => void>()

function keep(made: InstallOffer | undefined): void {
  offer = made
  for (const listener of listeners) listener()
}

/** Keeps the browser's offer to install the page, which is made once and early, for the button that takes it. */
export function watchInstall(): void {
  window.addEventListener('beforeinstallprompt', (event) => {
    event.preventDefault()
    keep(event as InstallOffer)
  })
  window.addEventListener('appinstalled', () => keep(undefined))
}

/** Installs the page; absent if the browser has made no offer, or it was taken. */
export function useInstall(): (() => void) | undefined {
  const made = useSyncExternalStore(
    (changed) => {
      listeners.add(changed)
      return () => listeners.delete(changed)
    },
    () => offer,
  )
  return made && (() => void made.prompt().finally(() => keep(undefined)))
}

/** The page runs as an app of its own already. */
export const isInstalled = (): boolean => window.matchMedia('(display-mode: standalone)').matches
