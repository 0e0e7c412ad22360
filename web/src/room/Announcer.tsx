import { VisuallyHidden } from '@mantine/core'
import { useEffect, useMemo, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Meeting } from '../rtc'
import type { LocalView } from '../devices/localMedia'
import { Crowd } from './crowd'
import { EMOJI_NAMES, isKnown } from './reactions/names'
import { useRoster } from './useStore'

/** Says to screen readers who comes and goes, raises a hand, reacts or says something in a chat that is not open, and what one's own devices do. */
export function Announcer({ meeting, local, reactions, chat }: { meeting: Meeting; local: LocalView; reactions: boolean; chat: boolean }) {
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
  const hands = useMemo(
    () => new Crowd((names) => setSaid(names.length > 2 ? t('live.manyRaised', { count: names.length }) : names.map((name) => t('live.raised', { name })).join('. '))),
    [t],
  )
  useEffect(() => () => hands.stop(), [hands])
  useEffect(() => roster.on('raised', ({ name }) => hands.came(name)), [roster, hands])
  const shown = useMemo(
    () => new Crowd((said) => setSaid(said.length > 2 ? t('live.manyReactions', { count: said.length }) : said.join('. '))),
    [t],
  )
  useEffect(() => () => shown.stop(), [shown])
  useEffect(
    () =>
      session.on('reactions', (event) => {
        if (!reactions) return
        for (const { participant, emoji } of event.reactions) {
          const name = participant === roster.view.self?.id ? t('tile.self') : roster.participant(participant)?.name
          if (name && isKnown(emoji)) shown.came(t('live.reacted', { name, reaction: t(EMOJI_NAMES[emoji]) }))
        }
      }),
    [session, roster, shown, reactions, t],
  )
  useEffect(() => (chat ? meeting.chat.on('said', ({ name, text }) => setSaid(t('live.said', { name, text }))) : undefined), [meeting, chat, t])
  useEffect(() => session.on('joined', ({ resumed }) => !resumed && setSaid(t('live.youAreIn'))), [session, t])

  const microphone = local.microphone.on
  const camera = local.camera.on
  const screen = local.screen.on
  const hand = useRoster(meeting).self?.hand !== undefined
  useOnChange(microphone, (on) => setSaid(t(on ? 'live.unmuted' : 'live.muted')))
  useOnChange(camera, (on) => setSaid(t(on ? 'live.cameraOn' : 'live.cameraOff')))
  useOnChange(screen, (on) => setSaid(t(on ? 'live.sharing' : 'live.notSharing')))
  useOnChange(hand, (raised) => setSaid(t(raised ? 'live.handRaised' : 'live.handLowered')))
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
