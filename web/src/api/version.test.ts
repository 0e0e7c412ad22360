import { expect, it } from 'vitest'
import { CLIENT_VERSION, isOlder, keepVersion, loadedVersion, wasUpdated } from './version'

it.each([
  ['0.1.0', '0.1.0', false],
  ['0.1.0', '0.1.1', true],
  ['0.9.0', '0.10.0', true],
  ['1.0', '0.9.9', false],
  ['1.0', '1.0.1', true],
])('%s is older than %s: %s', (version, than, older) => {
  expect(isOlder(version, than)).toBe(older)
})

it('knows its own version', () => {
  expect(CLIENT_VERSION).toMatch(/^\d+\.\d+\.\d+$/)
})

it('remembers the server that it was loaded from', () => {
  expect(loadedVersion('a')).toBe('a')
  expect(loadedVersion('b')).toBe('a')
})

it('tells of an update once, and not on the first visit', () => {
  const kept = new Map<string, string>()
  const store = { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value) }
  expect(wasUpdated('1', store)).toBe(false)
  keepVersion('1', store)
  expect(wasUpdated('1', store)).toBe(false)
  expect(wasUpdated('2', store)).toBe(true)
  keepVersion('2', store)
  expect(wasUpdated('2', store)).toBe(false)
})
