import { useCallback, useEffect, useState, useSyncExternalStore } from 'react'
import type { ChatView, Meeting } from '../../rtc'

/** What is said in the room. */
export function useChat({ chat }: Pick<Meeting, 'chat'>): ChatView {
  return useSyncExternalStore(
    useCallback((changed: () => void) => chat.on('change', changed), [chat]),
    () => chat.view,
  )
}

/** How much others have said since the chat was last open. */
export function useUnread({ chat }: Pick<Meeting, 'chat'>, opened: boolean): number {
  const [unread, setUnread] = useState(0)
  useEffect(() => {
    if (opened) return
    const off = chat.on('said', () => setUnread((before) => before + 1))
    return () => {
      off()
      setUnread(0)
    }
  }, [chat, opened])
  return unread
}
