import { expect, it } from 'vitest'
import type { Participant } from '../../rtc'
import { participant, publication } from '../../rtc/testing/fakeServer'
import { absent, inRoom } from './people'

const somebody = (id: string, role: string, ...publications: Participant['publications']): Participant => ({
  ...participant(id, publications),
  identity: `user-${id}`,
  metadata: JSON.stringify({ role, user: id }),
})

it('shows oneself, then hosts, then the others as they came', () => {
  const people = inRoom(somebody('me', 'participant'), [somebody('zoe', 'guest'), somebody('ann', 'participant'), somebody('bob', 'participant'), somebody('eve', 'co_organiser'), somebody('joe', 'host')])
  expect(people.map(({ id }) => id)).toEqual(['me', 'joe', 'eve', 'ann', 'bob', 'zoe'])
  expect(people.map(({ self }) => self)).toEqual([true, false, false, false, false, false])
})

it('shows raised hands before all others, in their order', () => {
  const hand = (number: number) => ({ hand: { number, at: '2026-01-01T00:00:00.000Z' } })
  const others = [{ ...somebody('zoe', 'guest'), ...hand(2) }, somebody('joe', 'host'), { ...somebody('ann', 'participant'), ...hand(9) }]
  expect(inRoom({ ...somebody('me', 'participant'), ...hand(5) }, others).map(({ id, hand: h }) => `${id} ${h?.number}`)).toEqual(['zoe 2', 'me 5', 'ann 9', 'joe undefined'])
  expect(inRoom(somebody('me', 'participant'), others).map(({ id }) => id)).toEqual(['zoe', 'ann', 'me', 'joe'])
})

it('tells who can be heard', () => {
  const [quiet, muted, loud] = inRoom(undefined, [
    somebody('quiet', 'guest'),
    somebody('muted', 'guest', publication('p', 'microphone', 1, true)),
    somebody('loud', 'guest', publication('q', 'microphone'), publication('r', 'camera')),
  ])
  expect(quiet).toMatchObject({ silent: true, hasMicrophone: false })
  expect(muted).toMatchObject({ silent: true, hasMicrophone: true })
  expect(loud).toMatchObject({ silent: false, hasMicrophone: true })
})

it('knows who is missing', () => {
  const presence = (identity: string, state: 'invited' | 'waiting' | 'joined' | 'removed') => ({ identity, state, name: identity, role: 'participant' as const })
  const present = inRoom(undefined, [somebody('ann', 'participant')])
  const missing = absent([presence('user-ann', 'invited'), presence('user-bob', 'invited'), presence('user-carl', 'removed'), presence('guest-1', 'waiting')], present)
  expect(missing.map(({ identity }) => identity)).toEqual(['user-bob', 'user-carl'])
})
