import { expect, it } from 'vitest'
import protocol from '../../../docs/protocol.md?raw'
import { REFUSALS } from './Ended'

it('knows every reason that the protocol has', () => {
  const table = protocol.slice(protocol.indexOf('| reason | when | trying again |')).split('\n\n')[0] ?? ''
  const reasons = [...table.matchAll(/^\| ([a-z_]+) \|/gm)].map(([, reason]) => reason).filter((reason) => reason !== 'reason')
  expect(reasons.toSorted()).toEqual([...REFUSALS].toSorted())
})
