import { useEffect, useMemo, useRef } from 'react'
import type { Demands, RosterView, Slot } from '../rtc'
import { type Scene, arrange } from './arrange'

const NOTHING: ReadonlyMap<string, string> = new Map()

/** The scene for what is known now; slots without a tile are told to stay empty. */
export function useScene(
  roster: RosterView,
  slots: readonly Slot[],
  demands: Demands,
  view: 'grid' | 'speaker',
  pin: string | undefined,
): Scene {
  const assigned = useRef(NOTHING)
  const { others } = roster
  const scene = useMemo(
    // The last assignment is read, not reacted to: it only makes the next one keep what it can.
    // eslint-disable-next-line react-hooks/refs
    () => arrange({ others, slots: slots.filter((s) => s.kind === 'video'), view, pin, assigned: assigned.current }),
    [others, slots, view, pin],
  )
  useEffect(() => {
    assigned.current = scene.assigned
    for (const slot of scene.idle) demands.set({ slot: slot.mid, source: 'none', width: 0, height: 0 })
  }, [scene, demands])
  return scene
}
