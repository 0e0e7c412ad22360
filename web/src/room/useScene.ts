import { useEffect, useMemo } from 'react'
import type { Demands, RosterView, Slot } from '../rtc'
import { type Scene, arrange, keyOf } from './arrange'

/** The scene for what is known now; slots without a tile are told to stay empty. */
export function useScene(
  roster: RosterView,
  slots: readonly Slot[],
  demands: Demands,
  view: 'grid' | 'speaker',
  pin: string | undefined,
  cameras: boolean,
): Scene {
  const { others } = roster
  const scene = useMemo(() => {
    const video = slots.filter((slot) => slot.kind === 'video')
    return arrange({ others, slots: video, view, pin, cameras, assigned: assignedIn(video, demands) })
  }, [others, slots, demands, view, pin, cameras])
  useEffect(() => {
    for (const slot of scene.idle) demands.set({ slot: slot.mid, source: 'none', width: 0, height: 0 })
  }, [scene, demands])
  return scene
}

/** What the slots were given last is what is demanded in them. */
function assignedIn(slots: readonly Slot[], demands: Demands): Map<string, string> {
  const assigned = new Map<string, string>()
  for (const { mid } of slots) {
    const demand = demands.get(mid)
    if (demand?.id !== undefined && (demand.source === 'participant' || demand.source === 'track')) {
      assigned.set(mid, keyOf(demand.source, demand.id))
    }
  }
  return assigned
}
