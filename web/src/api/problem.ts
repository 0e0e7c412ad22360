import type { TFunction } from 'i18next'
import type { components } from './schema'

export type Problem = components['schemas']['Problem']
export type Code = Problem['code']
export type AppText = TFunction<'app'>

/** What the server refused, and why. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly problem: Problem
  /** When it is worth trying again, in ms since 1970. */
  readonly retryAt: number | undefined

  constructor(problem: Problem, retryAfter: string | null = null, now = Date.now()) {
    super(problem.detail)
    this.problem = problem
    const seconds = Number(retryAfter ?? Number.NaN)
    this.retryAt = Number.isFinite(seconds) && retryAfter !== '' ? now + seconds * 1_000 : undefined
  }

  get code(): Code {
    return this.problem.code
  }
}

/** The problem in an answer; one of our own making if there is none, for instance from a proxy. */
export function readProblem(body: unknown, status: number): Problem {
  if (typeof body === 'object' && body !== null && 'code' in body) return body as Problem
  return { type: 'about:blank', title: '', status, detail: '', code: ofStatus(status) }
}

function ofStatus(status: number): Code {
  if (status === 401) return 'unauthenticated'
  if (status === 403) return 'forbidden'
  if (status === 404) return 'not_found'
  if (status === 413) return 'too_large'
  if (status === 429) return 'busy'
  return status >= 502 && status <= 504 ? 'unavailable' : 'internal'
}

export function hasCode(error: unknown, code: Code): boolean {
  return error instanceof ApiError && error.code === code
}

/** One sentence for the user about what went wrong and what to do. `instead` has better ones for some codes. */
export function problemText(t: AppText, error: unknown, instead: Partial<Record<Code, string>> = {}): string {
  if (!(error instanceof ApiError)) return error instanceof TypeError ? t('problem.offline') : t('problem.internal')
  return instead[error.code] ?? t(`problem.${error.code}`)
}

/** Faults by field, in the user's language, of the fields that are asked for. */
export function fieldFaults(t: AppText, error: unknown, fields: readonly string[]): Record<string, string> {
  if (!(error instanceof ApiError)) return {}
  const faults: Record<string, string> = {}
  for (const { location = '', message } of error.problem.errors ?? []) {
    const field = fieldOf(location)
    if (fields.includes(field)) faults[field] ??= faultText(t, message)
  }
  return faults
}

/** What is wrong with a value, as far as we know the sentence; then the server's own. */
export function faultText(t: AppText, message: string): string {
  for (const [pattern, name] of FAULTS) {
    const found = pattern.exec(message)
    if (found) return t(`fault.${name}`, { least: found.groups?.least, most: found.groups?.most })
  }
  return t('fault.other', { message })
}

const fieldOf = (location: string) => /^body\.([^.[]+)/.exec(location)?.[1] ?? location

/** What the server says of fields: of services/accounts, and of the schema. */
const FAULTS = [
  [/(?<least>\d+) to (?<most>\d+) are allowed/, 'length'],
  [/at least (?<least>\d+) are needed/, 'short'],
  [/expected length >= (?<least>\d+)/, 'short'],
  [/at most (?<most>\d+) are allowed/, 'long'],
  [/expected length <= (?<most>\d+)/, 'long'],
  [/passwords that are tried first/, 'common'],
  [/is not an e-mail address/, 'email'],
  [/address of another account/, 'emailTaken'],
  [/name of another department/, 'nameTaken'],
  [/begins or ends with a space/, 'space'],
  [/control characters/, 'control'],
  [/not in the future/, 'past'],
  [/without an administrator/, 'lastAdmin'],
  [/lock out the one who asks/, 'yourself'],
  [/required property|is empty|is missing/, 'missing'],
  [/not an address,|begins neither with|names no host/, 'webAddress'],
  [/holds a user or a password/, 'addressSecret'],
  [/more than \d+ bytes/, 'fileSize'],
  [/pixels a side/, 'pixels'],
  [/damaged picture/, 'damaged'],
  [/JPEG, PNG or TIFF/, 'notPicture'],
] as const
