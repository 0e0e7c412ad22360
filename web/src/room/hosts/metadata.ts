/** What somebody is in a meeting, the strongest first. */
export const ROLES = ['host', 'co_organiser', 'participant', 'guest'] as const

export type MeetingRole = (typeof ROLES)[number]

/** What the server says of a participant of a meeting, in its metadata. */
export interface PersonData {
  /** Absent in rooms that are not those of meetings. */
  role?: MeetingRole
  /** The id of its account. */
  user?: string
  /** The version of the account's picture. */
  avatar?: string
  /** It was to come in muted. */
  muted: boolean
}

export function readMetadata(metadata: string | undefined): PersonData {
  const fields = fieldsOf(metadata)
  const text = (name: string) => (typeof fields[name] === 'string' ? fields[name] : '')
  const role = ROLES.find((r) => r === fields.role)
  const [user, avatar] = [text('user'), text('avatar')]
  return { ...(role && { role }), ...(user && { user }), ...(avatar && { avatar }), muted: fields.muted === true }
}

function fieldsOf(metadata: string | undefined): Record<string, unknown> {
  try {
    const fields: unknown = JSON.parse(metadata ?? '')
    return typeof fields === 'object' && fields !== null ? (fields as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

/** The address of the picture of somebody's account; undefined: there is none. */
export function pictureOf(metadata: string | undefined): string | undefined {
  const { user, avatar } = readMetadata(metadata)
  return user && avatar ? `/api/v1/users/${encodeURIComponent(user)}/avatar/${encodeURIComponent(avatar)}/512` : undefined
}

export function isHost({ role }: PersonData): boolean {
  return role === 'host' || role === 'co_organiser'
}
