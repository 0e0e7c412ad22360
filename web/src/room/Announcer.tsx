import { VisuallyHidden } from '@mantine/core'
import { useEffect, useMemo, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Meeting } from '../rtc'
import type { LocalView } from '../devices/localMedia'
import { Crowd } from './crowd'

/** Says to screen readers who comes and goes and what one's own devices do. */
export function Announcer({ meeting, local }: { meeting: Meeting; local: LocalView }) {
  const { t } = useTranslation()
  const [said, setSaid] = useState('')
  const { roster, session } = meeting
  const crowd = useMemo(
    () =>
      new Crowd((came, went) => {
        const comings = came.length > 2 ? [t('live.manyCame', { count: came.length })] : came.map((name) => t('live.came', { name }))
        const goings = went.length > 2 ? [t('live.manyWent', { count: went.length })] : went.map((name) => t('live.went', { name }))
        setSaid([...comings, ...goings].join('. '))
      }),
    [t],
  )
  useEffect(() => () => crowd.stop(), [crowd])
  useEffect(() => roster.on('came', ({ name }) => crowd.came(name)), [roster, crowd])
  useEffect(() => roster.on('went', ({ participant: { name } }) => crowd.went(name)), [roster, crowd])
  useEffect(() => session.on('joined', ({ resumed }) => !resumed && setSaid(t('live.youAreIn'))), [session, t])

  const microphone = local.microphone.on
  const camera = local.camera.on
  const screen = local.screen.on
  useOnChange(microphone, (on) => setSaid(t(on ? 'live.unmuted' : 'live.muted')))
  useOnChange(camera, (on) => setSaid(t(on ? 'live.cameraOn' : 'live.cameraOff')))
  useOnChange(screen, (on) => setSaid(t(on ? 'live.sharing' : 'live.notSharing')))
  return (
    <VisuallyHidden role="log" aria-live="polite" data-testid="announcer">
      {said}
    </VisuallyHidden>
  )
}

function useOnChange(value: boolean, tell: (value: boolean) => void): void {
  const before = useRef(value)
  useEffect(() => {
    if (before.current === value) return
    before.current = value
    tell(value)
  })
}
