import { expect, it } from 'vitest'
import { participant } from '../../rtc/testing/fakeServer'
import { inRoom } from './people'
import { successors } from './successors'

const somebody = (id: string, role: string, user = true) => ({ ...participant(id), metadata: JSON.stringify({ role, ...(user && { user: id }) }) })

it('knows who goes on and who could', () => {
  const all = inRoom(somebody('me', 'host'), [somebody('eve', 'co_organiser'), somebody('ann', 'participant'), somebody('zoe', 'guest', false), somebody('nobody', 'participant', false)])
  const { hosts, candidates } = successors(all)
  expect(hosts.map(({ id }) => id)).toEqual(['eve'])
  expect(candidates.map(({ id }) => id)).toEqual(['ann'])
  expect(successors(inRoom(somebody('me', 'host'), []))).toEqual({ hosts: [], candidates: [] })
})
