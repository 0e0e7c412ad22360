import type { ServerEvent } from './events'

type Listener = (event: ServerEvent) => void

const listeners = new Set<Listener>()

/** Hears every event of the page's one stream. Returns how to end that. */
export function onHeard(listener: Listener): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function tellHeard(event: ServerEvent): void {
  for (const listener of listeners) listener(event)
}
