import createClient from 'openapi-fetch'
import { ApiError, readProblem } from './problem'
import { askForProof } from './proof'
import type { components, paths } from './schema'

export const BASE = '/api/v1'

export const api = createClient<paths>({ baseUrl: '/', credentials: 'same-origin' })

type Schemas = components['schemas']
export type Me = Schemas['Me']
export type User = Schemas['User']
export type Department = Schemas['Department']
export type Session = Schemas['Session']
export type Settings = Schemas['Settings']
export type Sso = Schemas['SSO']
export type Flag = Schemas['Flag']
export type ApiKey = Schemas['APIKey']
export type Calendar = Schemas['Calendar']
export type NewCalendar = Schemas['NewCalendar']
export type Tenant = Schemas['Tenant']
export type Terms = Schemas['TermsState']
export type AuditEntry = Schemas['AuditEntry']
export type Role = Schemas['NewUser']['role']
export type Language = NonNullable<Schemas['Profile']['language']>

interface Answer<T> {
  data?: T | undefined
  error?: unknown
  response: Response
}

export interface Told<T> {
  data: T
  /** The version that was read, for If-Match. */
  etag: string
}

/**
 * Asks the server and rejects with an ApiError if it refuses. If it wants a fresh proof of who one
 * is, the user is asked for one and the request is made again.
 */
export async function call<T>(ask: () => Promise<Answer<T>>): Promise<T> {
  return (await callWithEtag(ask)).data
}

export async function callWithEtag<T>(ask: () => Promise<Answer<T>>): Promise<Told<T>> {
  const first = await ask()
  const answer = needsProof(first) && (await askForProof()) ? await ask() : first
  const { data, error, response } = answer
  if (!response.ok) throw new ApiError(readProblem(error, response.status), response.headers.get('Retry-After'))
  return { data: data as T, etag: response.headers.get('ETag') ?? '*' }
}

function needsProof({ error, response }: Answer<unknown>): boolean {
  return response.status === 401 && readProblem(error, 401).code === 'reauthenticate'
}

/** The If-Match of a version. */
export const match = (version: number) => ({ 'If-Match': `"${version}"` })
