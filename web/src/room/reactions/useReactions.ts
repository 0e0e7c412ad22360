import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Meeting } from '../../rtc'
import { type Floating, SHOWN_FOR, float } from './floating'

/** The reactions of the last seconds; none while they are not to be shown. */
export function useReactions({ session, roster }: Meeting, shown: boolean): readonly Floating[] {
  const { t } = useTranslation()
  const [floating, setFloating] = useState<readonly Floating[]>([])
  const next = useRef(0)
  useEffect(() => {
    if (!shown) return
    const timers = new Set<ReturnType<typeof setTimeout>>()
    const off = session.on('reactions', ({ reactions }) => {
      const first = next.current
      next.current += reactions.length
      const nameOf = (id: string) => (id === roster.view.self?.id ? t('tile.self') : (roster.participant(id)?.name ?? ''))
      setFloating((before) => float(before, reactions, nameOf, first))
      const timer = setTimeout(() => {
        timers.delete(timer)
        setFloating((all) => all.filter(({ id }) => id < first || id >= first + reactions.length))
      }, SHOWN_FOR)
      timers.add(timer)
    })
    return () => {
      off()
      for (const timer of timers) clearTimeout(timer)
      setFloating([])
    }
  }, [session, roster, shown, t])
  return floating
}
