import { expect, it } from 'vitest'
import { ADMINISTRATION, SECTIONS, shown } from './sections'

const paths = (features: string[]) => shown([...SECTIONS, ...ADMINISTRATION], features).map(({ path }) => path)

it('shows only what one has', () => {
  expect(paths([])).toEqual(['/', '/settings'])
  expect(paths(['users'])).toEqual(['/', '/settings', '/admin/users'])
  expect(paths(['administration', 'users', 'audit'])).toHaveLength(9)
  expect(paths(['tenants'])).toContain('/admin/tenants')
})
