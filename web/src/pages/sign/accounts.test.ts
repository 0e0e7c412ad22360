import { expect, it } from 'vitest'
import { forgetAccount, knownAccounts, rememberAccount } from './accounts'

function store(first?: string) {
  const items = new Map<string, string>(first === undefined ? [] : [['switchyard.accounts', first]])
  return {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
    removeItem: (key: string) => void items.delete(key),
    size: () => items.size,
  }
}

it('keeps the accounts, the one used last first, and nothing but name and address', () => {
  const kept = store()
  const ada = { email: 'ada@example.org', name: 'Ada', id: '1', password: 'x' }
  rememberAccount(ada, kept)
  rememberAccount({ email: 'grace@example.org', name: 'Grace' }, kept)
  rememberAccount({ email: 'ADA@example.org', name: 'Ada Lovelace' }, kept)
  expect(knownAccounts(kept)).toEqual([
    { email: 'ADA@example.org', name: 'Ada Lovelace' },
    { email: 'grace@example.org', name: 'Grace' },
  ])
  expect(kept.getItem('switchyard.accounts')).not.toContain('password')
})

it('forgets an account, and with the last one everything', () => {
  const kept = store()
  rememberAccount({ email: 'ada@example.org', name: 'Ada' }, kept)
  expect(forgetAccount('ada@example.org', kept)).toEqual([])
  expect(kept.size()).toBe(0)
})

it('keeps no more than five', () => {
  const kept = store()
  for (let i = 0; i < 9; i++) rememberAccount({ email: `u${i}@example.org`, name: '' }, kept)
  expect(knownAccounts(kept)).toHaveLength(5)
})

it('is not led astray by what others put there', () => {
  expect(knownAccounts(store('nonsense'))).toEqual([])
  expect(knownAccounts(store('{"a":1}'))).toEqual([])
  expect(knownAccounts(store('[1,null,{"email":"a@b","name":"A"},{"email":2,"name":"B"}]'))).toEqual([{ email: 'a@b', name: 'A' }])
})
