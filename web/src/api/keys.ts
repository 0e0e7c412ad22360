/** Names of what is kept of the server's answers. */
export const keys = {
  me: ['me'],
  methods: ['methods'],
  version: ['version'],
  sessions: ['sessions'],
  users: ['users'],
  departments: ['departments'],
  settings: ['settings'],
  sso: ['sso'],
  flags: ['flags'],
  apiKeys: ['apikeys'],
  audit: ['audit'],
  meetings: ['meetings'],
  calendars: ['calendars'],
  tenants: ['tenants'],
  terms: ['terms'],
  ownTerms: ['own-terms'],
} as const

type Key = (typeof keys)[keyof typeof keys]

/** What an event makes old. `self` is the id of who has signed in. */
export function touchedBy(event: { type: string; subject: string; data: unknown }, self: string): Key[] {
  const [kind, what] = event.type.split('.')
  const touched: Key[] = [keys.audit]
  const own = event.subject === `user:${self}`
  switch (kind) {
    case 'user':
      touched.push(keys.users)
      if (own) touched.push(keys.me)
      if (what === 'created' || what === 'deleted') touched.push(keys.departments)
      break
    case 'department':
      touched.push(keys.departments)
      break
    case 'terms':
      touched.push(keys.terms)
      if (own || what === 'updated') touched.push(keys.me, keys.ownTerms)
      break
    case 'tenant':
      touched.push(keys.tenants)
      break
    case 'settings':
      touched.push(keys.settings, keys.methods)
      break
    case 'flag':
      touched.push(keys.flags, keys.me)
      break
    case 'apikey':
      touched.push(keys.apiKeys)
      break
    case 'session':
      touched.push(keys.sessions)
      break
    case 'calendar':
      touched.push(keys.calendars, keys.meetings)
      break
    case 'meeting':
    case 'participant':
    case 'host':
      touched.push(keys.meetings)
      break
  }
  return touched
}
