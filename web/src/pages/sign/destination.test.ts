import { describe, expect, it } from 'vitest'
import { ownPage, signInFor } from './destination'

describe('where one goes after signing in', () => {
  it.each([
    ['/admin/users', '/admin/users'],
    ['/admin/users?search=a', '/admin/users?search=a'],
    ['/profile#x', '/profile'],
    [null, '/'],
    ['', '/'],
    ['profile', '/'],
    ['//evil.example', '/'],
    ['/..//evil.example', '/'],
    ['/\\evil.example', '/'],
    ['/\t/evil.example', '/'],
    ['https://evil.example/', '/'],
    ['javascript:alert(1)', '/'],
    ['/signin?return=/signin', '/'],
  ])('for %s is %s', (wanted, page) => {
    expect(ownPage(wanted)).toBe(page)
  })

  it('goes there and back', () => {
    const address = signInFor('/admin/users?search=ä&x')
    expect(ownPage(new URL(address, 'https://x').searchParams.get('return'))).toBe('/admin/users?search=%C3%A4&x')
    expect(signInFor('/')).toBe('/signin')
  })
})
