import { describe, expect, it, vi } from 'vitest'
import { Labels, audioLabel, contribution } from './labels'

const none = [] as const
const from = (source: number, rtpTimestamp: number, timestamp = 0) => ({ source, rtpTimestamp, timestamp })
const announce = (labels: Labels, number: number, rtpTimestamp: number) =>
  labels.announce({ slot: '1', kind: 'video', publication: `p${number}`, number, rtpTimestamp })

describe('the label of a frame', () => {
  it('is the newest announced switch that is not after it', () => {
    const labels = new Labels()
    announce(labels, 7, 1_000)
    expect(labels.frame('1', { rtpTimestamp: 4_999 }, none)).toBe(7)
    announce(labels, 8, 5_000)
    expect(labels.frame('1', { rtpTimestamp: 5_000 }, none)).toBe(8)
    expect(labels.label('1')).toBe(8)
  })

  it('is withheld between the announcement of a switch and its first frame, while the picture stays', () => {
    const labels = new Labels()
    announce(labels, 7, 1_000)
    labels.frame('1', { rtpTimestamp: 2_000 }, none)
    announce(labels, 8, 5_000)
    expect([labels.label('1'), labels.picture('1')]).toEqual([undefined, 7])
    expect(labels.frame('1', { rtpTimestamp: 4_999 }, none)).toBeUndefined()
    expect(labels.picture('1')).toBe(7)
    expect(labels.frame('1', { rtpTimestamp: 5_001 }, none)).toBe(8)
  })

  it('is withheld from the word that another publication comes, even before its first packet is known', () => {
    const labels = new Labels()
    announce(labels, 7, 1_000)
    labels.frame('1', { rtpTimestamp: 2_000 }, none)
    labels.announce({ slot: '1', kind: 'video', publication: 'p8', number: 8 })
    expect(labels.label('1')).toBeUndefined()
    expect(labels.frame('1', { rtpTimestamp: 3_000 }, none)).toBeUndefined()
    announce(labels, 8, 2_900)
    expect(labels.label('1')).toBe(8)
  })

  it('is a proven source that the server has not spoken of yet', () => {
    const labels = new Labels()
    announce(labels, 7, 1_000)
    labels.frame('1', { rtpTimestamp: 2_000 }, none)
    expect(labels.frame('1', { rtpTimestamp: 3_000 }, [from(8, 3_000)])).toBe(8)
  })

  it('is not withheld when the same publication comes back', () => {
    const labels = new Labels()
    announce(labels, 7, 1_000)
    labels.frame('1', { rtpTimestamp: 2_000 }, none)
    announce(labels, 7, 5_000)
    expect(labels.label('1')).toBe(7)
  })

  it('is of the newest of two switches that both cover it', () => {
    const labels = new Labels()
    announce(labels, 7, 1_000)
    announce(labels, 8, 2_000)
    announce(labels, 7, 3_000)
    expect(labels.frame('1', { rtpTimestamp: 9_000 }, none)).toBe(7)
  })

  it('compares modulo 2^32', () => {
    const labels = new Labels()
    announce(labels, 7, 0xffff_ff00)
    expect(labels.frame('1', { rtpTimestamp: 0xffff_fff0 }, none)).toBe(7)
    expect(labels.frame('1', { rtpTimestamp: 0x80 }, none)).toBe(7)
    announce(labels, 8, 0x100)
    expect(labels.frame('1', { rtpTimestamp: 0x90 }, none)).toBeUndefined()
    expect(labels.frame('1', { rtpTimestamp: 0x200 }, none)).toBe(8)
  })

  it('stays right for hours after the switch', () => {
    const labels = new Labels()
    announce(labels, 7, 1_000)
    for (let hour = 0; hour < 48; hour++) {
      expect(labels.frame('1', { rtpTimestamp: (1_000 + hour * 3_600 * 90_000) >>> 0 }, none)).toBe(7)
      announce(labels, 7, 1_000)
      expect(labels.label('1')).toBe(7)
    }
  })

  it('is not known before any announcement covers it, unless a source does', () => {
    const labels = new Labels()
    announce(labels, 8, 5_000)
    expect(labels.frame('1', { rtpTimestamp: 4_000 }, none)).toBeUndefined()
    expect(labels.label('1')).toBeUndefined()
    labels.frame('1', { rtpTimestamp: 4_000 }, [from(8, 5_000), from(7, 4_200)])
    expect(labels.picture('1')).toBe(7)
  })

  it('is what a source proves when the announcement is late', () => {
    const labels = new Labels()
    announce(labels, 7, 1_000)
    expect(labels.frame('1', { rtpTimestamp: 5_000 }, [from(8, 5_000)])).toBe(8)
  })

  it('is corrected when an announcement comes after its frame', () => {
    const labels = new Labels()
    const changed = vi.fn()
    announce(labels, 7, 1_000)
    labels.frame('1', { rtpTimestamp: 5_000 }, none)
    labels.on('label', changed)
    announce(labels, 8, 4_500)
    expect(labels.label('1')).toBe(8)
    expect(changed).toHaveBeenCalledTimes(1)
  })

  it('changes nothing when a state is told again', () => {
    const labels = new Labels()
    announce(labels, 7, 1_000)
    labels.frame('1', { rtpTimestamp: 2_000 }, none)
    labels.announce({ slot: '1', kind: 'video', publication: 'p7', number: 7, rtpTimestamp: 1_000, paused: 'muted' })
    expect(labels.label('1')).toBe(7)
  })

  it('is gone when nothing flows, and after a new connection', () => {
    const labels = new Labels()
    announce(labels, 7, 1_000)
    labels.frame('1', { rtpTimestamp: 2_000 }, none)
    labels.announce({ slot: '1', kind: 'video' })
    expect(labels.label('1')).toBeUndefined()
    labels.frame('1', { rtpTimestamp: 2_000 }, none)
    labels.reset()
    expect(labels.label('1')).toBeUndefined()
    expect(labels.frame('1', { rtpTimestamp: 2_000 }, none)).toBeUndefined()
  })

  it('keeps slots apart', () => {
    const labels = new Labels()
    announce(labels, 7, 1_000)
    labels.announce({ slot: '2', kind: 'video', publication: 'p9', number: 9, rtpTimestamp: 1_000 })
    labels.frame('1', { rtpTimestamp: 1_000 }, none)
    labels.frame('2', { rtpTimestamp: 1_000 }, none)
    expect([labels.label('1'), labels.label('2')]).toEqual([7, 9])
  })
})

it('takes the source with the smallest timestamp that is not before the frame', () => {
  const sources = [from(1, 900), from(2, 1_500), from(3, 1_200)]
  expect(contribution(sources, 1_000)?.source).toBe(3)
  expect(contribution(sources, 1_600)).toBeUndefined()
  expect(contribution([from(4, 10)], 0xffff_fff0)?.source).toBe(4)
})

it('labels sound by its most recent source', () => {
  expect(audioLabel([from(1, 0, 10), from(2, 0, 30), from(3, 0, 20)])).toBe(2)
  expect(audioLabel([])).toBeUndefined()
})
