const KEY = 'switchyard.guest'

type Store = Pick<Storage, 'getItem' | 'setItem'>

/** The secret of a personal link, kept in this tab so that a guest can come again after it has left. */
export function keepGuest(number: string, secret: string, store: Store = sessionStorage): void {
  store.setItem(KEY, JSON.stringify({ number, secret }))
}

/** The secret for a meeting; undefined: there is none for it. */
export function readGuest(number: string, store: Store = sessionStorage): string | undefined {
  try {
    const kept = JSON.parse(store.getItem(KEY) ?? 'null') as { number?: unknown; secret?: unknown } | null
    return kept?.number === number && typeof kept.secret === 'string' ? kept.secret : undefined
  } catch {
    return undefined
  }
}

/** Takes the secret out of the address bar, and so out of the history, into the tab. */
export function takeGuest(number: string): string | undefined {
  const secret = location.hash.slice(1)
  if (secret) {
    keepGuest(number, secret)
    history.replaceState(history.state, '', location.pathname)
  }
  return readGuest(number)
}
