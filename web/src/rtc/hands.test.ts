import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { raisedHands } from './hands'
import { type Hand, type Participant, REACTIONS } from './messages'
import { Roster } from './roster'
import { joined, participant } from './testing/fakeServer'

const delta = { joined: [], updated: [], left: [] }
const hand = (number: number): Hand => ({ number, at: `2026-01-01T00:00:0${number}.000Z` })
const raised = (id: string, number: number): Participant => ({ ...participant(id), hand: hand(number) })
const queue = (roster: Roster) => raisedHands(roster.view).map(({ participant: { id }, place }) => `${place} ${id}`)

it('puts raised hands in their order, oneself among them', () => {
  const roster = new Roster()
  roster.onJoined({ ...joined([raised('ada', 7), participant('bob'), raised('eve', 3)]), participant: raised('me', 5) })
  expect(queue(roster)).toEqual(['1 eve', '2 me', '3 ada'])
})

it('tells once who raises a hand', () => {
  const roster = new Roster()
  const news: string[] = []
  roster.on('raised', ({ id }) => news.push(id))
  roster.onJoined(joined([participant('ada'), raised('bob', 1)]))
  roster.onParticipants({ ...delta, updated: [raised('me', 2), raised('ada', 3), raised('bob', 1)] })
  roster.onParticipants({ ...delta, updated: [{ ...raised('ada', 3), name: 'Countess' }] })
  expect(news).toEqual(['ada'])
  roster.onParticipants({ ...delta, updated: [participant('ada')] })
  roster.onParticipants({ ...delta, updated: [raised('ada', 4)] })
  expect(news).toEqual(['ada', 'ada'])
  expect(queue(roster)).toEqual(['1 bob', '2 me', '3 ada'])
})

it('forgets all hands when they are lowered, and nothing else', () => {
  const roster = new Roster()
  roster.onJoined({ ...joined([raised('ada', 1), participant('bob')]), participant: raised('me', 2) })
  roster.onHandsLowered()
  expect(queue(roster)).toEqual([])
  expect(roster.view.others).toEqual([participant('ada'), participant('bob')])
  expect(roster.view.self).toEqual(participant('me'))
})

it('forgets the hand of who leaves', () => {
  const roster = new Roster()
  roster.onJoined(joined([raised('ada', 1), raised('bob', 2)]))
  roster.onParticipants({ ...delta, left: [{ id: 'ada', reason: 'left' }] })
  expect(queue(roster)).toEqual(['1 bob'])
})

it('reacts with what the protocol allows', () => {
  const document = readFileSync(new URL('../../../docs/protocol.md', import.meta.url), 'utf8')
  expect(document).toContain(`one of ${REACTIONS.join(' ')}.`)
})
