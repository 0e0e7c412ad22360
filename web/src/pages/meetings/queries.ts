import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { api, call } from '../../api/client'
import { keys } from '../../api/keys'
import type { When } from './types'

const PAGE = 50
const DAY = 86_400_000

const inMeetings = <const T extends readonly unknown[]>(...rest: T) => [...keys.meetings, ...rest] as const
const byId = (id: string) => ({ params: { path: { id } } })

export const meetingsQuery = (when: When, search: string) =>
  infiniteQueryOptions({
    queryKey: inMeetings('list', when, search),
    queryFn: ({ pageParam }) => {
      const query = { limit: PAGE, when, search, ...(pageParam && { cursor: pageParam }) }
      return call(() => api.GET('/api/v1/meetings', { params: { query } }))
    },
    initialPageParam: '',
    getNextPageParam: (page) => page.next,
  })

export const detailsQuery = (id: string) =>
  queryOptions({ queryKey: inMeetings('details', id), queryFn: () => call(() => api.GET('/api/v1/meetings/{id}/details', byId(id))) })

/** What was said in one run, the oldest first. */
export const messagesQuery = (id: string, instance: string) =>
  infiniteQueryOptions({
    queryKey: inMeetings('messages', id, instance),
    queryFn: ({ pageParam }) => {
      const query = { limit: PAGE, ...(pageParam && { cursor: pageParam }) }
      return call(() => api.GET('/api/v1/meetings/{id}/instances/{instance}/messages', { params: { path: { id, instance }, query } }))
    },
    initialPageParam: '',
    getNextPageParam: (page) => page.next,
  })

export const accessQuery = (id: string) =>
  queryOptions({ queryKey: inMeetings('access', id), queryFn: () => call(() => api.GET('/api/v1/meetings/{id}/access', byId(id))) })

/** A guest's personal link. It is asked for anew each time: it may have been revoked meanwhile. */
export const guestLinkQuery = (id: string, guest: string) =>
  queryOptions({
    queryKey: inMeetings('guest', id, guest),
    queryFn: () => call(() => api.GET('/api/v1/meetings/{id}/guests/{guest}/link', { params: { path: { id, guest } } })),
    gcTime: 0,
    staleTime: 0,
  })

export const textsQuery = (id: string) =>
  queryOptions({ queryKey: inMeetings('texts', id), queryFn: () => call(() => api.GET('/api/v1/meetings/{id}/invitation', byId(id))) })

/** What is in one's calendars, here and elsewhere, in the next days, counted from now. */
export const agendaQuery = (days: number) =>
  queryOptions({
    queryKey: inMeetings('agenda', days),
    queryFn: () => {
      const now = Date.now()
      const query = { from: new Date(now).toISOString(), to: new Date(now + days * DAY).toISOString() }
      return call(() => api.GET('/api/v1/me/agenda', { params: { query } }))
    },
    refetchInterval: 60_000, // what is over goes
  })

export const recentQuery = queryOptions({ queryKey: inMeetings('recent'), queryFn: () => call(() => api.GET('/api/v1/me/recent-meetings')) })

export const roomQuery = queryOptions({ queryKey: inMeetings('room'), queryFn: () => call(() => api.GET('/api/v1/me/room')) })

export const feedQuery = queryOptions({ queryKey: inMeetings('feed'), queryFn: () => call(() => api.GET('/api/v1/me/calendar-feed')) })

export const directoryQuery = (search: string) =>
  queryOptions({
    queryKey: inMeetings('directory', search),
    queryFn: () => call(() => api.GET('/api/v1/directory', { params: { query: { search } } })),
    enabled: search !== '',
  })
