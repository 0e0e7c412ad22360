import { useCallback, useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Meeting } from '../rtc'
import type { LocalView } from '../devices/localMedia'
import type { DeviceProblem } from '../devices/problem'
import type { Notice } from './Notices'

const KEPT = 3
const SHOWN_FOR = 10_000

/** Collects what went wrong during the meeting: devices, refused offers, a moderator's mute. */
export function useNotices({ session, peer }: Meeting, local: LocalView) {
  const { t } = useTranslation()
  const [notices, setNotices] = useState<readonly Notice[]>([])
  const next = useRef(0)
  const dismiss = useCallback((id: number) => setNotices((all) => all.filter((n) => n.id !== id)), [])
  const add = useCallback(
    (notice: Omit<Notice, 'id'>) => {
      const id = next.current++
      setNotices((all) => [...all, { ...notice, id }].slice(-KEPT))
      setTimeout(() => dismiss(id), SHOWN_FOR)
    },
    [dismiss],
  )

  useEffect(() => peer.on('refused', ({ message }) => add({ title: t('room.offerRefused', { reason: message }) })), [peer, add, t])
  useEffect(
    () =>
      session.on('muted', ({ publication }) => {
        const source = peer.published.find((p) => p.publication === publication)?.source
        if (source === undefined || source === 'screen' || source === 'screen-audio') {
          add({ title: t('room.stoppedBy') })
          return
        }
        const device = t(source === 'camera' ? 'problem.device.camera' : 'problem.device.microphone')
        add({ title: t('room.mutedBy', { device }) })
      }),
    [session, peer, add, t],
  )

  const tell = useCallback(
    (problem: DeviceProblem | undefined) => {
      if (!problem) return
      const device = t(`problem.device.${problem.device}`)
      add({ title: t(`problem.${problem.reason}`, { device }), text: t(`problem.${problem.reason}Help`, { device }) })
    },
    [add, t],
  )
  useNews(local.microphone.problem, tell)
  useNews(local.camera.problem, tell)
  useNews(local.screen.problem, tell)
  return { notices, dismiss }
}

/** Tells of a problem that is new; what was so before the meeting was told then. */
function useNews(problem: DeviceProblem | undefined, tell: (problem: DeviceProblem | undefined) => void): void {
  const known = useRef(problem)
  useEffect(() => {
    if (known.current === problem) return
    known.current = problem
    tell(problem)
  }, [problem, tell])
}
