import { describe, expect, it } from 'vitest'
import { isMeetingPlace } from './place'

describe('the meeting page', () => {
  it.each([
    ['/', '#code=abc&room=main', true],
    ['/', '#room=main', true],
    ['/', '#token', true],
    ['/', '', false],
    ['/', '#something', false],
    ['/signin', '#code=abc', false],
    ['/reset', '#token', false],
  ])('at %s%s: %s', (pathname, hash, expected) => {
    expect(isMeetingPlace({ pathname, hash }, false)).toBe(expected)
  })

  it('is where a tab that is in a meeting comes back to', () => {
    expect(isMeetingPlace({ pathname: '/', hash: '' }, true)).toBe(true)
    expect(isMeetingPlace({ pathname: '/profile', hash: '' }, true)).toBe(false)
  })
})
