import { Anchor, Button } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { EndReason } from '../rtc'
import { useSecondsUntil } from '../pages/ui/useSecondsUntil'
import { Card } from './Shell'

const KNOWN = ['left', 'replaced', 'removed', 'closed', 'expired', 'unauthorized', 'wrong_room', 'refused', 'unreachable'] as const

/** Why one was refused, as docs/protocol.md section 8 names it. */
export const REFUSALS = [
  'no_such_meeting', 'cancelled', 'removed', 'waiting_refused', 'waiting_ended', 'lobby_full',
  'replaced', 'inactive', 'suspended', 'locked', 'full', 'draining', 'unavailable',
] as const

export interface End {
  reason: EndReason
  message: string
  /** After so long one may come again. */
  retryMs?: number
  /** Why one was refused. */
  refusal?: string
}

interface Props {
  end: End
  /** For reasons that are not known here: the server says why one was turned away, too. */
  inMeeting?: boolean
  /** There is a start page. */
  home?: boolean | undefined
  onAgain: () => void
}

/** Says why the meeting is over for this participant, with a way back. */
export function Ended({ end: { reason, message, retryMs, refusal: why }, inMeeting = false, home = false, onAgain }: Props) {
  const { t } = useTranslation()
  const [retryAt] = useState(() => (retryMs === undefined ? undefined : Date.now() + retryMs))
  const seconds = useSecondsUntil(retryAt)
  const known = KNOWN.find((k) => k === reason)
  const told = REFUSALS.find((r) => r === why)
  const refusal = reason === 'refused' && (told ? t(`ended.refused.${told}`) : inMeeting && message)
  const text = refusal || (known ? t(`ended.reason.${known}`) : t('ended.reason.other', { message: message || reason }))
  return (
    <Card title={reason === 'left' ? t('ended.title') : refusal ? t('ended.titleRefused') : t('ended.titleLost')} text={text}>
      <Button onClick={onAgain} disabled={seconds > 0} data-testid="again" data-reason={reason} autoFocus>
        {t('ended.again')}
        {seconds > 0 && ` (${seconds})`}
      </Button>
      {home && (
        <Anchor href="/" ta="center">
          {t('ended.home')}
        </Anchor>
      )}
    </Card>
  )
}
