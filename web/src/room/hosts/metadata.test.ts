import { expect, it } from 'vitest'
import { isHost, pictureOf, readMetadata } from './metadata'

it.each([
  ['{"role":"host","user":"01U","avatar":"3"}', { role: 'host', user: '01U', avatar: '3', muted: false }],
  ['{"role":"guest","muted":true}', { role: 'guest', muted: true }],
  ['{"role":"emperor","user":7}', { muted: false }],
  ['', { muted: false }],
  ['null', { muted: false }],
  ['not JSON', { muted: false }],
  [undefined, { muted: false }],
])('reads %s', (metadata, expected) => {
  expect(readMetadata(metadata)).toEqual(expected)
})

it('knows who may act for the host', () => {
  expect([...'host co_organiser participant guest'.split(' '), ''].map((role) => isHost(readMetadata(JSON.stringify({ role }))))).toEqual([true, true, false, false, false])
})

it('knows where the picture of an account is', () => {
  expect(pictureOf('{"user":"01U","avatar":"3"}')).toBe('/api/v1/users/01U/avatar/3/512')
  expect(pictureOf('{"user":"01U"}')).toBeUndefined()
  expect(pictureOf('{"avatar":"3"}')).toBeUndefined()
})
