import { expect, it } from 'vitest'
import { spaced, wantedIn } from './number'

it('writes numbers in threes, with the zeros in front', () => {
  expect(spaced('041988241')).toBe('041 988 241')
})

it.each([
  ['041988241', { number: '041988241' }],
  [' 041 988-241 ', { number: '041988241' }],
  ['https://meet.example.org/m/041988241', { number: '041988241' }],
  ['https://meet.example.org/m/041988241#aZ9_-.x', { number: '041988241', guest: 'aZ9_-.x' }],
  ['04198824', undefined],
  ['0419882411', undefined],
  ['/m/0419882411', undefined],
  ['standup', undefined],
  ['', undefined],
])('finds the meeting in %j', (text, expected) => {
  expect(wantedIn(text)).toEqual(expected)
})
