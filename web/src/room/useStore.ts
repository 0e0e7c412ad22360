import { useCallback, useSyncExternalStore } from 'react'
import type { Labels, Meeting, PathState, RosterView, SessionState, Slot } from '../rtc'
import type { LocalMedia, LocalView } from '../devices/localMedia'

// Each hook reads one emitter of the protocol client. React renders such changes at once, so a label
// changes in the same picture as its frame.

export function useRoster({ roster }: Pick<Meeting, 'roster'>): RosterView {
  return useSyncExternalStore(
    useCallback((changed: () => void) => roster.on('change', changed), [roster]),
    () => roster.view,
  )
}

export function useSessionState({ session }: Pick<Meeting, 'session'>): SessionState {
  return useSyncExternalStore(
    useCallback((changed: () => void) => session.on('status', changed), [session]),
    () => session.state,
  )
}

export function usePath({ peer }: Pick<Meeting, 'peer'>): PathState {
  return useSyncExternalStore(
    useCallback((changed: () => void) => peer.on('path', changed), [peer]),
    () => peer.path,
  )
}

export function useSlots({ peer }: Pick<Meeting, 'peer'>): readonly Slot[] {
  return useSyncExternalStore(
    useCallback((changed: () => void) => peer.on('slots', changed), [peer]),
    () => peer.slots,
  )
}

export function useLabel(labels: Labels, slot: Slot | undefined): number | undefined {
  return useSyncExternalStore(
    useCallback((changed: () => void) => labels.on('label', changed), [labels]),
    () => (slot ? labels.label(slot.mid) : undefined),
  )
}

export function usePicture(labels: Labels, slot: Slot | undefined): number | undefined {
  return useSyncExternalStore(
    useCallback((changed: () => void) => labels.on('label', changed), [labels]),
    () => (slot ? labels.picture(slot.mid) : undefined),
  )
}

export function useLocal(local: LocalMedia): LocalView {
  return useSyncExternalStore(
    useCallback((changed: () => void) => local.on('change', changed), [local]),
    () => local.view,
  )
}
