import { describe, expect, it } from 'vitest'
import { ApiError, type AppText, type Problem, fieldFaults, hasCode, problemText, readProblem } from './problem'

/** Texts by their names, with what they are given. */
const t = ((name: string, values?: Record<string, unknown>) => {
  const given = Object.entries(values ?? {}).filter(([, value]) => value !== undefined)
  return given.length > 0 ? `${name} ${given.map(([key, value]) => `${key}=${String(value)}`).join(' ')}` : name
}) as unknown as AppText

const problem = (code: Problem['code'], errors: Problem['errors'] = []): Problem => ({ type: '', title: '', status: 422, detail: '', code, errors })

describe('a problem', () => {
  it('is told by its code', () => {
    expect(problemText(t, new ApiError(problem('forbidden')))).toBe('problem.forbidden')
    expect(problemText(t, new ApiError(problem('gone')), { gone: 'a better one' })).toBe('a better one')
    expect(problemText(t, new TypeError('Failed to fetch'))).toBe('problem.offline')
    expect(problemText(t, new Error('a fault of ours'))).toBe('problem.internal')
    expect(hasCode(new ApiError(problem('version')), 'version')).toBe(true)
  })

  it('is made up for an answer that has none', () => {
    expect(readProblem(undefined, 502).code).toBe('unavailable')
    expect(readProblem('<html>', 413).code).toBe('too_large')
    expect(readProblem({ code: 'wrong' }, 401).code).toBe('wrong')
  })

  it('says when to try again', () => {
    expect(new ApiError(problem('busy'), '30', 1_000).retryAt).toBe(31_000)
    expect(new ApiError(problem('busy'), null).retryAt).toBeUndefined()
    expect(new ApiError(problem('busy'), 'Wed, 21 Oct 2026 07:28:00 GMT').retryAt).toBeUndefined()
  })
})

describe('faults of fields', () => {
  const faults = (...errors: [string, string][]) =>
    fieldFaults(t, new ApiError(problem('invalid', errors.map(([location, message]) => ({ location, message })))), ['email', 'password', 'departments'])

  it('are those of the fields that are shown', () => {
    expect(faults(['body.email', 'is not an e-mail address'], ['body.other', 'is not an e-mail address'])).toEqual({ email: 'fault.email' })
    expect(faults(['body.departments[0]', 'is empty'])).toEqual({ departments: 'fault.missing' })
  })

  it.each([
    ['has 3 characters; 10 to 200 are allowed', 'fault.length least=10 most=200'],
    ['has 0 characters; at least 1 are needed', 'fault.short least=1'],
    ['has 90 characters; at most 80 are allowed', 'fault.long most=80'],
    ['expected length >= 3', 'fault.short least=3'],
    ['is one of the passwords that are tried first; choose another', 'fault.common'],
    ['something new', 'fault.other message=something new'],
  ])('are told in the language of the user: %s', (message, text) => {
    expect(faults(['body.password', message])).toEqual({ password: text })
  })

  it('are none of what is no problem', () => {
    expect(fieldFaults(t, new TypeError(), ['email'])).toEqual({})
  })
})
