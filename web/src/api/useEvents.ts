import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { EventFeed } from './events'
import { tellHeard } from './heard'
import { keys, touchedBy } from './keys'

/**
 * Keeps what was read true while `self` is signed in: what events touch is read again. Pages that are
 * not seen let go of the stream: without HTTP/2 a browser has six connections to a server for all its tabs.
 */
export function useEvents(self: string): void {
  const client = useQueryClient()
  useEffect(() => {
    const feed = new EventFeed({
      onEvent: (event) => {
        tellHeard(event)
        for (const queryKey of touchedBy(event, self)) void client.invalidateQueries({ queryKey })
      },
      onGap: () => void client.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== keys.version[0] }),
    })
    const turn = () => {
      if (document.visibilityState === 'visible') feed.start()
      else feed.stop()
    }
    turn()
    document.addEventListener('visibilitychange', turn)
    return () => {
      document.removeEventListener('visibilitychange', turn)
      feed.stop()
    }
  }, [client, self])
}
