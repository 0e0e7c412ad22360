/** What the fragment of the page's address says. */
export interface Invitation {
  code: string
  room: string
}

/** Reads `#code=…&room=…`; undefined if there is no code. */
export function parseInvitation(fragment: string): Invitation | undefined {
  const fields = new URLSearchParams(fragment.replace(/^#/, ''))
  const code = fields.get('code')
  return code ? { code, room: fields.get('room') ?? 'main' } : undefined
}

/** The right to be somebody in a room. */
export interface Seat {
  room: string
  identity: string
  token: string
  /** The invitation that it was had with; absent if the token was pasted, or is for a meeting. */
  code?: string
  meeting?: MeetingSeat
}

/** The meeting that a seat is for, if it is one that the control API knows. */
export interface MeetingSeat {
  id: string
  number: string
  subject: string
  /** Under which one joins. */
  name: string
  muteOnEntry: boolean
  /** It is that of an account. */
  user: boolean
  /** The request that gives another token. */
  way: { path: string; body?: Record<string, string> }
}

/** The server refused the invitation; `status` is of HTTP. */
export class InvitationError extends Error {
  override readonly name = 'InvitationError'
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** Exchanges an invitation for a seat. Rejects with InvitationError, or TypeError without a network. */
export async function redeem({ code, room }: Invitation, fetcher: typeof fetch = fetch): Promise<Seat> {
  const response = await fetcher('/invite', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ code, room }),
  })
  if (!response.ok) throw new InvitationError(response.status, await explain(response))
  const seat = (await response.json()) as { token: string; identity: string; room: string }
  return { code, room: seat.room, identity: seat.identity, token: seat.token }
}

async function explain(response: Response): Promise<string> {
  try {
    const { detail, message, title } = (await response.json()) as Record<string, string | undefined>
    return detail ?? message ?? title ?? response.statusText
  } catch {
    return response.statusText || `HTTP ${response.status}`
  }
}
