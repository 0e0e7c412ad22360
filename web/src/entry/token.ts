import type { Seat } from './invitation'

interface Claims {
  room?: unknown
  sub?: unknown
  exp?: unknown
}

/** Reads what a token says of itself. The server alone decides whether that is true. */
export function readToken(token: string): Seat | undefined {
  const claims = claimsOf(token.trim())
  if (typeof claims?.room !== 'string') return undefined
  const identity = typeof claims.sub === 'string' ? claims.sub : `anonymous-${String(Math.random()).slice(2)}` // randomUUID needs a secure address
  return { room: claims.room, identity, token: token.trim() }
}

/** Whether a token has run out, or is about to. */
export function isExpired(token: string, now = Date.now()): boolean {
  const exp = claimsOf(token)?.exp
  return typeof exp === 'number' && exp * 1_000 < now + 5_000
}

function claimsOf(token: string): Claims | undefined {
  const payload = token.split('.')[1]
  if (!payload) return undefined
  try {
    const bytes = Uint8Array.from(atob(payload.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0))
    const claims: unknown = JSON.parse(new TextDecoder().decode(bytes))
    return typeof claims === 'object' && claims !== null ? claims : undefined
  } catch {
    return undefined
  }
}
