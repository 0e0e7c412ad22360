import { expect, it } from 'vitest'
import { inRole, withPeople, without } from './picked'

const person = (id: string) => ({ id, name: id.toUpperCase() })
const who = (picked: ReturnType<typeof inRole>) => picked.map(({ id, coOrganiser }) => (coOrganiser ? `${id}*` : id))

it('picks everybody once, and leaves roles alone', () => {
  const some = inRole([], person('a'), true)
  expect(who(withPeople(some, [person('a'), person('b')]))).toEqual(['a*', 'b'])
})

it('gives roles and takes them away', () => {
  const some = withPeople([], [person('a'), person('b')])
  expect(who(inRole(some, person('b'), true))).toEqual(['a', 'b*'])
  expect(who(inRole(inRole(some, person('b'), true), person('b'), false))).toEqual(['a', 'b'])
  expect(who(inRole(some, person('c'), true))).toEqual(['a', 'b', 'c*'])
})

it('lets people go', () => {
  expect(who(without(withPeople([], [person('a'), person('b')]), 'a'))).toEqual(['b'])
})
