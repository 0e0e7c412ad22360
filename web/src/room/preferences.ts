import { useCallback, useState } from 'react'

const KEY = 'switchyard.room'

/** How one likes rooms to be, kept by this browser. */
export interface Preferences {
  /** Reactions are shown. */
  reactions: boolean
  /** Others' cameras are shown. */
  cameras: boolean
  /** Single keys do things. */
  shortcuts: boolean
}

const USUAL: Preferences = { reactions: true, cameras: true, shortcuts: true }

export function readPreferences(storage: Pick<Storage, 'getItem'> = localStorage): Preferences {
  try {
    const kept = JSON.parse(storage.getItem(KEY) ?? '{}') as Partial<Record<keyof Preferences, unknown>> | null
    return { reactions: kept?.reactions !== false, cameras: kept?.cameras !== false, shortcuts: kept?.shortcuts !== false }
  } catch {
    return USUAL
  }
}

export function usePreferences(): [Preferences, (change: Partial<Preferences>) => void] {
  const [preferences, setPreferences] = useState(() => readPreferences())
  const change = useCallback((news: Partial<Preferences>) => {
    setPreferences((before) => {
      const after = { ...before, ...news }
      localStorage.setItem(KEY, JSON.stringify(after))
      return after
    })
  }, [])
  return [preferences, change]
}
