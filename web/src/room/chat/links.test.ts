import { expect, it } from 'vitest'
import { withLinks } from './links'

it.each([
  ['no address', [{ text: 'no address' }]],
  ['see https://example.org/a?b=c#d.', [{ text: 'see ' }, { text: 'https://example.org/a?b=c#d', href: 'https://example.org/a?b=c#d' }, { text: '.' }]],
  ['(http://example.org)', [{ text: '(' }, { text: 'http://example.org', href: 'http://example.org' }, { text: ')' }]],
  ['https://example.org/a_(b)', [{ text: 'https://example.org/a_(b)', href: 'https://example.org/a_(b)' }]],
  ['javascript:alert(1) data:text/html,x', [{ text: 'javascript:alert(1) data:text/html,x' }]],
  ['https://', [{ text: 'https://' }]],
  ['one https://a.example two https://b.example', [{ text: 'one ' }, { text: 'https://a.example', href: 'https://a.example' }, { text: ' two ' }, { text: 'https://b.example', href: 'https://b.example' }]],
])('finds the addresses in %j', (text, pieces) => {
  expect(withLinks(text)).toEqual(pieces)
})
