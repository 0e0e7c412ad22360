import { ProtocolError } from './errors'
import type { Link } from './link'
import type { ErrorMessage, ServerFrame } from './messages'
import { type EndReason, endOfClose } from './state'

/** Awaits all three, and closes the socket if one of the others fails. */
export async function settleAll<T, U>(dial: Promise<Link>, token: Promise<T>, start: Promise<U> | undefined) {
  try {
    return await Promise.all([dial, token, start])
  } catch (error) {
    dial.then((link) => link.cut()).catch(() => undefined)
    throw error
  }
}

export async function rejectWhenClosed(link: Link, lastError: () => ErrorMessage | undefined): Promise<never> {
  const { code, reason } = await link.closed
  const error = lastError()
  if (error) throw ProtocolError.from(error)
  const end = endOfClose(code)
  throw new ProtocolError(end ? asFailure(end.reason) : 'session_lost', reason || 'the connection was cut')
}

/** The code of the error that tells of an end. */
export function asFailure(reason: EndReason): ProtocolError['code'] {
  switch (reason) {
    case 'left':
    case 'replaced':
    case 'removed':
    case 'timeout':
    case 'slow':
    case 'closed':
    case 'shutdown':
    case 'expired':
    case 'unreachable':
      return 'session_lost'
    default:
      return reason
  }
}

export function isFrame(raw: unknown): raw is ServerFrame {
  return (
    typeof raw === 'object' &&
    raw !== null &&
    'type' in raw &&
    typeof raw.type === 'string' &&
    'seq' in raw &&
    typeof raw.seq === 'number'
  )
}
