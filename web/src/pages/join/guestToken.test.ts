import { expect, it } from 'vitest'
import { keepGuest, readGuest } from './guestToken'

it('keeps the secret of a personal link for its meeting alone', () => {
  const kept = new Map<string, string>()
  const store = { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value) }
  expect(readGuest('041988241', store)).toBeUndefined()
  keepGuest('041988241', 'secret', store)
  expect(readGuest('041988241', store)).toBe('secret')
  expect(readGuest('041988242', store)).toBeUndefined()
  kept.forEach((_, key) => kept.set(key, 'nonsense'))
  expect(readGuest('041988241', store)).toBeUndefined()
})
