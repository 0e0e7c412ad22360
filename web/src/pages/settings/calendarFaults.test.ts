import { expect, it } from 'vitest'
import { ApiError, type AppText, type Code } from '../../api/problem'
import { calendarText, connectFaults, connectProblem } from './calendarFaults'

const t = ((key: string) => key) as unknown as AppText
const refused = (code: Code, location: string, message: string) => new ApiError({ type: '', title: '', status: 409, detail: '', code, errors: [{ location, message }] })
const CALDAV = ['url', 'user', 'password', 'name']
const GRAPH = ['client_id', 'refresh_token', 'name']

it.each([
  ['sign_in', CALDAV, { password: 'calendarFault.sign_in' }],
  ['sign_in', GRAPH, { refresh_token: 'calendarFault.sign_in' }],
  ['not_found', CALDAV, { url: 'calendarFault.not_found' }],
  ['server', GRAPH, {}],
  ['limit', CALDAV, {}],
])('shows %s at one of %s', (problem, fields, faults) => {
  expect(connectFaults(t, refused('conflict', 'body.url', problem), fields)).toEqual(faults)
})

it('shows what is wrong with a field at it', () => {
  expect(connectFaults(t, refused('invalid', 'body.url', 'names no host'), CALDAV)).toEqual({ url: 'fault.webAddress' })
  expect(connectProblem(refused('invalid', 'body.url', 'timeout'))).toBeUndefined()
})

it('has the server’s own words for what it does not know', () => {
  expect(calendarText(t, 'timeout', 'x')).toBe('calendarFault.timeout')
  expect(calendarText(t, 'moon', 'it is on the moon')).toBe('it is on the moon')
})
