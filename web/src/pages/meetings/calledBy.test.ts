import { expect, it } from 'vitest'
import { calledBy } from './calledBy'

const event = (type: string, data: unknown) => ({ seq: 1, type, subject: 'meeting:01M', data })

it.each([
  ['a host calls one', event('host.invited', { meeting: '01M', user: 'me' }), '01M'],
  ['a host calls somebody else', event('host.invited', { meeting: '01M', user: 'you' }), undefined],
  ['a meeting begins that one is invited to', event('meeting.created', { kind: 'instant', co_organisers: [], participants: ['you', 'me'] }), '01M'],
  ['one begins a meeting oneself', event('meeting.created', { kind: 'instant', organiser: 'me', co_organisers: [], participants: ['you'] }), undefined],
  ['a meeting is planned', event('meeting.created', { kind: 'scheduled', participants: ['me'] }), undefined],
  ['something else happens', event('meeting.ended', null), undefined],
])('%s', (_, heard, meeting) => {
  expect(calledBy(heard, 'me')).toBe(meeting)
})
