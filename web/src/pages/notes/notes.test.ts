import { expect, it } from 'vitest'
import changelog from '../../../../CHANGELOG.md?raw'
import { CLIENT_VERSION } from '../../api/version'
import { releasesIn } from './notes'

it('reads versions and what is new in them', () => {
  expect(releasesIn('# New\n\nFor readers.\n- not this\n\n## 2.0.0\n\n- One\n  goes on\n- Two\n\n## 1.0.0\n\n- Three\n')).toEqual([
    { version: '2.0.0', changes: ['One goes on', 'Two'] },
    { version: '1.0.0', changes: ['Three'] },
  ])
})

it('says of this version what is new', () => {
  const [newest] = releasesIn(changelog)
  expect(newest?.version).toBe(CLIENT_VERSION)
  expect(newest?.changes.length).toBeGreaterThan(0)
})
