import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { api, call } from '../../api/client'
import type { Knock, Presence } from './people'

const PEOPLE = ['hosting', 'people']
const LOBBY = ['hosting', 'lobby']

/** What the room's people do that the lists have to be read again for. */
const TYPES = ['participant.joined', 'participant.left', 'host.admitted', 'host.refused', 'host.removed', 'host.invited', 'host.assigned', 'meeting.updated']

/** Who is expected and who waits, kept true by the event stream while one is a host. */
export function useHosting(meeting: string, enabled: boolean): { people: Presence[]; lobby: Knock[]; knock: Knock | undefined; dropKnock: () => void } {
  const client = useQueryClient()
  const path = { params: { path: { id: meeting } } }
  const people = useQuery({ queryKey: PEOPLE, queryFn: () => call(() => api.GET('/api/v1/meetings/{id}/people', path)), enabled })
  const lobby = useQuery({ queryKey: LOBBY, queryFn: () => call(() => api.GET('/api/v1/meetings/{id}/lobby', path)), enabled })
  const [knock, setKnock] = useState<Knock>()
  useEffect(() => {
    if (!enabled) return
    return listen(meeting, (type, data) => {
      void client.invalidateQueries({ queryKey: PEOPLE })
      if (type.startsWith('lobby.') || type.startsWith('host.') || type === 'again') void client.invalidateQueries({ queryKey: LOBBY })
      if (type === 'lobby.knock') setKnock(data as Knock)
      if (type === 'lobby.left') setKnock((k) => (k?.identity === (data as Knock).identity ? undefined : k))
    })
  }, [client, meeting, enabled])
  const waiting = enabled ? (lobby.data?.items ?? []) : []
  return { people: enabled ? (people.data?.items ?? []) : [], lobby: waiting, knock, dropKnock: () => setKnock(undefined) }
}

/** Hears what happens at the door of a meeting and inside. `again`: something may have been missed. */
function listen(meeting: string, hear: (type: string, data: unknown) => void): () => void {
  let source: EventSource
  let timer: ReturnType<typeof setTimeout> | undefined
  const connect = () => {
    source = new EventSource(`/api/v1/events?${new URLSearchParams({ live: '1', types: 'participant.,host.,meeting.,lobby.' }).toString()}`)
    source.onopen = () => hear('again', undefined)
    source.onerror = () => {
      if (source.readyState !== EventSource.CLOSED) return // it comes back by itself
      timer = setTimeout(connect, 10_000)
    }
    for (const type of TYPES) {
      source.addEventListener(type, ({ data }) => {
        const event = parse(data) as { subject?: string } | undefined
        if (event?.subject === `meeting:${meeting}`) hear(type, event)
      })
    }
    for (const type of ['lobby.knock', 'lobby.left']) {
      source.addEventListener(type, ({ data }) => {
        const event = parse(data) as { meeting?: string; data?: unknown } | undefined
        if (event?.meeting === meeting) hear(type, event.data)
      })
    }
  }
  connect()
  return () => {
    clearTimeout(timer)
    source.close()
  }
}

function parse(data: unknown): unknown {
  try {
    return JSON.parse(String(data))
  } catch {
    return undefined
  }
}

/** What hosts can do. Each goes to the server; what came of it comes back by the room and the event stream. */
export function useHostActions(meeting: string, onFault: (error: unknown) => void) {
  const client = useQueryClient()
  const { mutate, isPending } = useMutation({
    mutationFn: (act: () => Promise<unknown>) => act(),
    onError: onFault,
    onSettled: () => client.invalidateQueries({ queryKey: ['hosting'] }),
  })
  const [actions] = useState(() => {
    const all = { params: { path: { id: meeting } } }
    const one = (identity: string) => ({ params: { path: { id: meeting, identity } } })
    const base = '/api/v1/meetings/{id}' as const
    return {
      admit: (identity: string) => call(() => api.POST(`${base}/lobby/{identity}/admit`, one(identity))),
      refuse: (identity: string) => call(() => api.POST(`${base}/lobby/{identity}/refuse`, one(identity))),
      admitAll: () => call(() => api.POST(`${base}/lobby/admit`, all)),
      mute: (identity: string) => call(() => api.POST(`${base}/people/{identity}/mute`, one(identity))),
      askUnmute: (identity: string) => call(() => api.POST(`${base}/people/{identity}/ask-unmute`, one(identity))),
      lowerHand: (identity: string) => call(() => api.DELETE(`${base}/people/{identity}/hand`, one(identity))),
      lowerHands: () => call(() => api.DELETE(`${base}/hands`, all)),
      muteOthers: () => call(() => api.POST(`${base}/mute-others`, all)),
      remove: (identity: string) => call(() => api.POST(`${base}/people/{identity}/remove`, one(identity))),
      reinvite: (identity: string) => call(() => api.POST(`${base}/people/{identity}/reinvite`, one(identity))),
      assign: (user: string) => call(() => api.POST(`${base}/co-organisers`, { ...all, body: { user } })),
      lock: (locked: boolean) => call(() => api.POST(`${base}/lock`, { ...all, body: { locked } })),
      makePublic: () => call(() => api.POST(`${base}/public`, all)),
      end: () => call(() => api.POST(`${base}/end`, all)),
    }
  })
  return { actions, run: mutate, busy: isPending }
}
