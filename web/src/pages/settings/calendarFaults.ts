import { ApiError, type AppText, fieldFaults } from '../../api/problem'

/** What can be wrong with a calendar elsewhere, as the server names it. */
const PROBLEMS = ['address', 'unreachable', 'timeout', 'sign_in', 'not_found', 'server', 'format', 'size', 'sealed', 'limit'] as const

type CalendarProblem = (typeof PROBLEMS)[number]

const problemOf = (text: string | undefined): CalendarProblem | undefined => PROBLEMS.find((problem) => problem === text)

/** Why a calendar could not be read, in the user's language; the server's own words for what is not known here. */
export function calendarText(t: AppText, problem: string, text = ''): string {
  const known = problemOf(problem)
  return known ? t(`calendarFault.${known}`) : text
}

/** The problem with a calendar that was to be connected; undefined: the trouble is another one. */
export function connectProblem(error: unknown): CalendarProblem | undefined {
  return error instanceof ApiError && error.code === 'conflict' ? problemOf(error.problem.errors?.[0]?.message) : undefined
}

/** Faults by field. A calendar that can't be read is a fault of its address, or of the password. */
export function connectFaults(t: AppText, error: unknown, fields: readonly string[]): Record<string, string> {
  const problem = connectProblem(error)
  if (problem === undefined) return fieldFaults(t, error, fields)
  const field = problem === 'sign_in' ? ['password', 'refresh_token'].find((name) => fields.includes(name)) : 'url'
  return problem !== 'limit' && field && fields.includes(field) ? { [field]: t(`calendarFault.${problem}`) } : {}
}
