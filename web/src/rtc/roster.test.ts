import { expect, it } from 'vitest'
import { Roster } from './roster'
import { joined, participant, publication } from './testing/fakeServer'

const delta = { joined: [], updated: [], left: [] }

it('follows who comes, changes and goes', () => {
  const roster = new Roster()
  const news: string[] = []
  roster.on('came', ({ id }) => news.push(`+${id}`))
  roster.on('went', ({ participant: { id }, reason }) => news.push(`-${id} ${reason}`))
  roster.onJoined(joined([participant('ada')]))
  roster.onParticipants({ ...delta, joined: [participant('bob')] })
  roster.onParticipants({ ...delta, updated: [{ ...participant('ada'), name: 'Countess' }] })
  roster.onParticipants({ ...delta, left: [{ id: 'bob', reason: 'left' }] })
  expect(roster.view.others.map((p) => p.name)).toEqual(['Countess'])
  expect(news).toEqual(['+bob', '-bob left'])
})

it('takes an update of oneself as such', () => {
  const roster = new Roster()
  roster.onJoined(joined())
  roster.onParticipants({ ...delta, updated: [{ ...participant('me'), name: 'Renamed' }] })
  expect(roster.view.self?.name).toBe('Renamed')
  expect(roster.view.others).toEqual([])
})

it('orders by the time of joining', () => {
  const roster = new Roster()
  const late = { ...participant('a'), joinedAt: '2026-01-01T00:00:02.000Z' }
  roster.onJoined(joined([late, participant('b')]))
  expect(roster.view.others.map((p) => p.id)).toEqual(['b', 'a'])
})

it('finds publications by number and by id', () => {
  const roster = new Roster()
  roster.onJoined(joined([participant('ada', [publication('p1', 'camera', 7)])]))
  expect(roster.byNumber(7)?.participant.id).toBe('ada')
  expect(roster.byPublication('p1')?.publication.number).toBe(7)
  expect(roster.byNumber(8)).toBeUndefined()
})

it('does not go back to an older state of the room', () => {
  const roster = new Roster()
  roster.onJoined(joined())
  const { state } = roster.view.room ?? joined().room
  roster.onState({ state: { ...state, version: 3, locked: true } })
  roster.onState({ state: { ...state, version: 2, locked: false } })
  expect(roster.view.room?.state.locked).toBe(true)
})

it('forgets the old room when moved', () => {
  const roster = new Roster()
  roster.onJoined(joined([participant('ada')]))
  roster.onMoved({ participant: participant('me2'), room: joined().room, participants: [] })
  expect(roster.view).toMatchObject({ self: { id: 'me2' }, others: [], speakers: [] })
})
