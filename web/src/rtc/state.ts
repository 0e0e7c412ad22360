import type { FailureCode } from './errors'
import type { LeaveReason } from './messages'

/** Why a session is over: the server's word, a refusal, or `unreachable` after all attempts. */
export type EndReason = LeaveReason | FailureCode | 'unreachable'

/** Where a session is (docs/protocol.md section 2). */
export type SessionState =
  | { status: 'idle' }
  | { status: 'connecting' }
  | { status: 'waiting'; message: string; position: number }
  | { status: 'joined' }
  /** The socket is gone; `since` is when, in milliseconds of Date.now(). */
  | { status: 'reconnecting'; since: number }
  /** `retryMs`: after so long it may be tried again. `refusal`: why one was refused, for programs. */
  | { status: 'left'; reason: EndReason; message: string; retryMs?: number; refusal?: string }

/** Ends of a session after which trying again by oneself is wrong. */
const FINAL_LEAVES: ReadonlySet<LeaveReason> = new Set(['left', 'replaced', 'removed', 'closed', 'expired'])

export function isFinal(reason: LeaveReason): boolean {
  return FINAL_LEAVES.has(reason)
}

/** Refusals after which trying again by oneself is wrong. */
const FINAL_FAILURES: ReadonlySet<FailureCode> = new Set([
  'bad_message',
  'too_big',
  'unauthorized',
  'wrong_room',
  'forbidden',
  'bad_field',
  'bad_offer',
])

export function isFinalFailure(code: FailureCode): boolean {
  return FINAL_FAILURES.has(code)
}

/** Errors after which the server closes the socket, whatever request they belong to. */
const ENDS: ReadonlySet<FailureCode> = new Set([
  'bad_message',
  'too_big',
  'unauthorized',
  'wrong_room',
  'refused',
  'rate_limited',
  'internal',
])

export function endsSession(code: FailureCode): boolean {
  return ENDS.has(code)
}

/** What a close code says when no `left` or `error` came before it; undefined: try to resume. */
export function endOfClose(code: number): { reason: EndReason; final: boolean } | undefined {
  switch (code) {
    case 1009:
      return { reason: 'too_big', final: true }
    case 4400:
      return { reason: 'bad_message', final: true }
    case 4401:
      return { reason: 'unauthorized', final: true }
    case 4403:
      return { reason: 'wrong_room', final: true }
    case 4410:
      return { reason: 'replaced', final: true }
    case 4408:
      return { reason: 'slow', final: false }
    case 4429:
      return { reason: 'refused', final: false }
    case 1011:
      return { reason: 'internal', final: false }
    default:
      return undefined
  }
}
