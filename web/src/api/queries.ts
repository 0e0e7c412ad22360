import { infiniteQueryOptions, queryOptions, useQuery, useSuspenseQuery } from '@tanstack/react-query'
import { api, call, callWithEtag } from './client'
import { keys } from './keys'

const PAGE = 50
const TEN_MINUTES = 600_000

export const meQuery = queryOptions({ queryKey: keys.me, queryFn: () => call(() => api.GET('/api/v1/me')), staleTime: 60_000 })

export const methodsQuery = queryOptions({ queryKey: keys.methods, queryFn: () => call(() => api.GET('/api/v1/auth/methods')) })

export const sessionsQuery = queryOptions({ queryKey: keys.sessions, queryFn: () => call(() => api.GET('/api/v1/me/sessions')) })

export const departmentsQuery = queryOptions({ queryKey: keys.departments, queryFn: () => call(() => api.GET('/api/v1/departments')) })

export const settingsQuery = queryOptions({ queryKey: keys.settings, queryFn: () => callWithEtag(() => api.GET('/api/v1/settings')) })

export const ssoQuery = queryOptions({ queryKey: keys.sso, queryFn: () => call(() => api.GET('/api/v1/settings/sso')) })

export const flagsQuery = queryOptions({ queryKey: keys.flags, queryFn: () => call(() => api.GET('/api/v1/flags')) })

export const apiKeysQuery = queryOptions({ queryKey: keys.apiKeys, queryFn: () => call(() => api.GET('/api/v1/api-keys')) })

export const calendarsQuery = queryOptions({ queryKey: keys.calendars, queryFn: () => call(() => api.GET('/api/v1/me/calendars')) })

// Events of other organisations do not come here.
export const tenantsQuery = queryOptions({ queryKey: keys.tenants, refetchOnMount: 'always', queryFn: () => call(() => api.GET('/api/v1/tenants')) })

export const termsQuery = queryOptions({ queryKey: keys.terms, queryFn: () => callWithEtag(() => api.GET('/api/v1/settings/terms')) })

export const ownTermsQuery = queryOptions({ queryKey: keys.ownTerms, queryFn: () => call(() => api.GET('/api/v1/me/terms')) })

/** Asked for every ten minutes, and when one comes back to the page. */
export const versionQuery = queryOptions({
  queryKey: keys.version,
  queryFn: () => call(() => api.GET('/api/v1/version')),
  refetchInterval: TEN_MINUTES,
  refetchOnWindowFocus: 'always',
})

export interface UserFilter {
  search: string
  department: string
}

export const usersQuery = ({ search, department }: UserFilter) =>
  infiniteQueryOptions({
    queryKey: [...keys.users, search, department],
    queryFn: ({ pageParam }) => {
      const query = { limit: PAGE, search, department, ...(pageParam && { cursor: pageParam }) }
      return call(() => api.GET('/api/v1/users', { params: { query } }))
    },
    initialPageParam: '',
    getNextPageParam: (page) => page.next,
  })

export const auditQuery = infiniteQueryOptions({
  queryKey: keys.audit,
  queryFn: ({ pageParam }) => {
    const query = { limit: PAGE, ...(pageParam && { cursor: pageParam }) }
    return call(() => api.GET('/api/v1/audit', { params: { query } }))
  },
  initialPageParam: '',
  getNextPageParam: (page) => page.next,
})

/** Who has signed in. For pages that only signed-in people get to. */
export function useMe() {
  return useSuspenseQuery(meQuery).data
}

/** Whether who has signed in has something; what it has not is not shown. */
export function useFeature(name: string): boolean {
  return useQuery(meQuery).data?.features.includes(name) ?? false
}
