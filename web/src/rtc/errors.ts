import type { ErrorCode, ErrorMessage } from './messages'

/** `session_lost`: the session ended before the reply came. The others are the server's. */
export type FailureCode = ErrorCode | 'session_lost'

/** A request that was refused, or that the session did not live to see answered. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError'
  readonly code: FailureCode
  readonly field: string | undefined
  readonly retryMs: number | undefined
  /** Of a refusal: why, for programs. */
  readonly reason: string | undefined

  constructor(code: FailureCode, message: string, field?: string, retryMs?: number, reason?: string) {
    super(message)
    this.code = code
    this.field = field
    this.retryMs = retryMs
    this.reason = reason
  }

  static from(message: ErrorMessage): ProtocolError {
    return new ProtocolError(message.code, message.message, message.field, message.retryMs, message.reason)
  }
}

/** The session ended meanwhile, or did not stand yet: what was asked for is asked for again then. */
export function isPassing(error: unknown): boolean {
  return error instanceof ProtocolError && (error.code === 'session_lost' || error.code === 'out_of_order')
}

/** The server will not have it. */
export function isRefusal(error: unknown): boolean {
  return error instanceof ProtocolError && !isPassing(error)
}
