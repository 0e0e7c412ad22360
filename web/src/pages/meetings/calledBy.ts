import type { ServerEvent } from '../../api/events'

/** The meeting to which an event calls who has signed in; undefined: to none. */
export function calledBy({ type, subject, data }: ServerEvent, self: string): string | undefined {
  const id = /^meeting:(.+)$/.exec(subject)?.[1]
  const fields = (typeof data === 'object' && data !== null ? data : {}) as Record<string, unknown>
  if (type === 'host.invited' && fields.user === self) return id
  if (type !== 'meeting.created' || fields.kind !== 'instant') return undefined
  const invited = [fields.co_organisers, fields.participants].flat()
  return invited.includes(self) ? id : undefined
}
