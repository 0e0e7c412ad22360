let taken: { pathname: string; secret: string } | undefined

/**
 * The secret in the fragment of a one-time link. It is taken out of the address bar at once, and so
 * out of the history; this page keeps it until it is used.
 */
export function takeSecret(): string {
  const { pathname, search, hash } = location
  if (hash.length > 1) {
    taken = { pathname, secret: hash.slice(1) }
    history.replaceState(history.state, '', pathname + search)
  }
  return taken?.pathname === pathname ? taken.secret : ''
}
