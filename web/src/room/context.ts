import { createContext, use } from 'react'
import type { Demands, Labels, RosterView } from '../rtc'

/** What every tile needs to know of the room. */
export interface RoomContextValue {
  labels: Labels
  demands: Demands
  roster: RosterView
  /** The media path is up: what does not flow is not merely late. */
  mediaUp: boolean
  pin: string | undefined
  /** The places in the queue of raised hands, by participant. */
  hands: ReadonlyMap<string, number>
  onPin: (key: string | undefined) => void
}

export const RoomContext = createContext<RoomContextValue | undefined>(undefined)

export function useRoom(): RoomContextValue {
  const value = use(RoomContext)
  if (!value) throw new Error('a tile is shown outside a room')
  return value
}
