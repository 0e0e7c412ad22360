import { describe, expect, it } from 'vitest'
import type { Participant, Slot } from '../rtc'
import { participant, publication } from '../rtc/testing/fakeServer'
import { type Arrangement, type Scene, arrange } from './arrange'

const slots = (count: number): Slot[] =>
  Array.from({ length: count }, (_, i) => ({ mid: String(i), kind: 'video', lead: i === 0, state: { slot: String(i), kind: 'video' } }) as Slot)
const seen = (id: string) => participant(id, [publication(`cam-${id}`, 'camera')])
const sharing = (id: string) => participant(id, [publication(`cam-${id}`, 'camera'), publication(`scr-${id}`, 'screen')])

function scene(others: Participant[], more: Partial<Arrangement> = {}): Scene {
  return arrange({ others, slots: slots(4), view: 'grid', pin: undefined, assigned: new Map(), ...more })
}
const brief = (s: Scene) => s.tiles.map((t) => `${t.key}@${t.slot?.mid ?? '-'}`)

describe('the grid', () => {
  it('has a tile for everybody, in order, with or without a camera', () => {
    const result = scene([seen('a'), participant('b'), seen('c')])
    expect(result.stage).toBeUndefined()
    expect(brief(result)).toEqual(['p:a@0', 'a:b@-', 'p:c@1'])
    expect(result.idle.map((s) => s.mid)).toEqual(['2', '3'])
    expect(result.tiles[2]?.want).toMatchObject({ source: 'participant', id: 'c' })
  })

  it('keeps everybody in place when somebody leaves', () => {
    const before = scene([seen('a'), seen('b'), seen('c')])
    const assigned = new Map(before.tiles.map((t) => [t.slot?.mid ?? '', t.key]))
    const after = scene([seen('b'), seen('c'), seen('d')], { assigned })
    expect(brief(after)).toEqual(['p:b@1', 'p:c@2', 'p:d@0'])
  })

  it('takes over what already flows', () => {
    const flowing = slots(4).map((s) => (s.mid === '2' ? { ...s, state: { ...s.state, publication: 'cam-a' } } : s))
    expect(brief(scene([seen('a')], { slots: flowing }))).toEqual(['p:a@2'])
  })

  it('leaves the choice to the server when there are more cameras than slots', () => {
    const result = scene(['a', 'b', 'c', 'd', 'e', 'f'].map(seen))
    expect(brief(result)).toEqual(['s:0@0', 's:1@1', 's:2@2', 's:3@3'])
    expect(result.tiles.every((t) => t.want?.source === 'speaker')).toBe(true)
    expect(result.hidden).toBe(2)
    expect(result.idle).toEqual([])
  })
})

describe('without the cameras of others', () => {
  it.each(['grid', 'speaker'] as const)('asks for no camera, but shows everybody, in the %s', (view) => {
    const result = scene([seen('a'), participant('b'), seen('c')], { view, cameras: false })
    expect(result.stage).toBeUndefined()
    expect(brief(result)).toEqual(['a:a@-', 'a:b@-', 'a:c@-'])
    expect(result.idle.map((s) => s.mid)).toEqual(['0', '1', '2', '3'])
  })

  it('still shows a screen', () => {
    const result = scene([sharing('a'), seen('b')], { cameras: false })
    expect(result.stage?.target?.publication).toBe('scr-a')
    expect(brief(result)).toEqual(['a:a@-', 'a:b@-'])
    expect(result.idle.map((s) => s.mid)).toEqual(['1', '2', '3'])
  })
})

describe('a crowd', () => {
  const listeners = Array.from({ length: 30 }, (_, i) => participant(`l${i}`))

  it('shows first who has a picture, and says how many are not seen', () => {
    const result = scene([...listeners, seen('late')])
    expect(result.tiles).toHaveLength(24)
    expect(result.tiles[0]).toMatchObject({ key: 'p:late', slot: { mid: '0' } })
    expect(result.hidden).toBe(7)
  })

  it('asks for no picture that has no tile', () => {
    const result = scene(Array.from({ length: 30 }, (_, i) => seen(`c${i}`)), { slots: slots(32) })
    expect(result.tiles).toHaveLength(24)
    expect(result.idle).toHaveLength(8)
  })
})

describe('the stage', () => {
  it('has the speaker in the lead slot and the others after', () => {
    const result = scene([seen('a'), seen('b'), participant('c')], { view: 'speaker' })
    expect(result.stage).toMatchObject({ key: 's:0', want: { source: 'speaker' } })
    expect(brief(result)).toEqual(['s:1@1', 'a:c@-'])
    expect(result.idle.map((s) => s.mid)).toEqual(['2', '3'])
  })

  it('has whoever is pinned in the lead slot', () => {
    const result = scene([seen('a'), seen('b')], { pin: 'p:b' })
    expect(result.stage).toMatchObject({ key: 'p:b', slot: { mid: '0' }, want: { source: 'participant', id: 'b' } })
    expect(brief(result)).toEqual(['p:a@1'])
  })

  it('has a screen by itself, newest first, unless something is pinned', () => {
    expect(scene([sharing('a'), sharing('b')]).stage).toMatchObject({ key: 't:scr-b', kind: 'screen', want: { source: 'track' } })
    expect(scene([sharing('a'), sharing('b')], { pin: 't:scr-a' }).stage?.key).toBe('t:scr-a')
    expect(brief(scene([sharing('a'), sharing('b')]))).toEqual(['t:scr-a@1', 'p:a@2', 'p:b@3'])
  })

  it('forgets a pin of somebody who is gone', () => {
    expect(scene([seen('a')], { pin: 'p:gone' }).stage).toBeUndefined()
  })

  it('keeps screens in sight when there are too few slots', () => {
    const result = scene([sharing('a'), sharing('b'), seen('c'), seen('d')])
    expect(result.stage?.key).toBe('t:scr-b')
    expect(brief(result)).toEqual(['t:scr-a@1', 's:2@2', 's:3@3'])
    expect(result.hidden).toBe(2)
  })
})

it('shows people before there are slots', () => {
  expect(brief(scene([seen('a')], { slots: [] }))).toEqual(['a:a@-'])
})

it('never gives one slot to two', () => {
  for (let people = 0; people < 12; people++) {
    for (const view of ['grid', 'speaker'] as const) {
      const others = Array.from({ length: people }, (_, i) => (i % 4 === 0 ? sharing(`x${i}`) : seen(`x${i}`)))
      const result = scene(others, { view, slots: slots(9) })
      const used = [result.stage, ...result.tiles].flatMap((t) => t?.slot?.mid ?? [])
      expect(new Set(used).size).toBe(used.length)
      expect(used.length + result.idle.length).toBe(9)
    }
  }
})
