import { type RefObject, useEffect, useState } from 'react'
import type { Demands } from '../rtc'
import type { TileSpec } from './arrange'

/** A page in the background stops asking for pictures after so long. */
const HIDDEN_PATIENCE = 2_000

/** Tells the server how large a tile's picture is on the screen, and that it is not when it is not. */
export function useDemand(
  demands: Demands,
  { slot, want }: TileSpec,
  ref: RefObject<HTMLElement | null>,
  atLeast?: { width: number; height: number },
): void {
  const box = useVisibleSize(ref)
  const pageHidden = usePageHidden()
  const source = want?.source
  const id = want?.id
  const priority = want?.priority
  const visible = box.width > 0 && box.height > 0 && !pageHidden
  const scale = window.devicePixelRatio
  const width = visible ? Math.max(Math.round(box.width * scale), atLeast?.width ?? 0) : 0
  const height = visible ? Math.max(Math.round(box.height * scale), atLeast?.height ?? 0) : 0

  useEffect(() => {
    if (!slot || !source || !box.measured) return
    demands.set({ slot: slot.mid, source, width, height, ...(id && { id }), ...(priority && { priority }) })
  }, [demands, slot, source, id, priority, width, height, box.measured])
}

/** The size of an element in CSS pixels; 0 by 0 while it is scrolled or clipped away. */
function useVisibleSize(ref: RefObject<HTMLElement | null>) {
  const [size, setSize] = useState({ width: 0, height: 0, measured: false })
  const [onScreen, setOnScreen] = useState(true)
  useEffect(() => {
    const element = ref.current
    if (!element) return
    const resize = new ResizeObserver(([entry]) => {
      if (entry) setSize({ width: entry.contentRect.width, height: entry.contentRect.height, measured: true })
    })
    const intersection = new IntersectionObserver((entries) => setOnScreen(entries.at(-1)?.isIntersecting ?? true))
    resize.observe(element)
    intersection.observe(element)
    return () => {
      resize.disconnect()
      intersection.disconnect()
    }
  }, [ref])
  return onScreen ? size : { ...size, width: 0, height: 0 }
}

function usePageHidden(): boolean {
  const [hidden, setHidden] = useState(false)
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const look = () => {
      clearTimeout(timer)
      if (document.hidden) timer = setTimeout(() => setHidden(true), HIDDEN_PATIENCE)
      else setHidden(false)
    }
    look()
    document.addEventListener('visibilitychange', look)
    return () => {
      clearTimeout(timer)
      document.removeEventListener('visibilitychange', look)
    }
  }, [])
  return hidden
}
