const ORIGIN = 'https://own.invalid'

/** Where to go after signing in: a page of ours, or the start. Addresses of others are not followed. */
export function ownPage(wanted: string | null | undefined): string {
  if (!wanted?.startsWith('/') || /[\\\p{Cc}]/u.test(wanted)) return '/'
  try {
    const url = new URL(wanted, ORIGIN)
    if (url.origin !== ORIGIN || url.pathname.startsWith('//') || url.pathname === '/signin') return '/'
    return url.pathname + url.search
  } catch {
    return '/'
  }
}

/** The sign-in page that leads back to `page`. */
export function signInFor(page: string): string {
  return page === '/' ? '/signin' : `/signin?${new URLSearchParams({ return: page }).toString()}`
}
