import { Button } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { EndReason } from '../rtc'
import { Card } from './Shell'

const KNOWN = ['left', 'replaced', 'removed', 'closed', 'expired', 'unauthorized', 'wrong_room', 'refused', 'unreachable'] as const

export interface End {
  reason: EndReason
  message: string
}

/** Says why the meeting is over for this participant, with a way back. */
export function Ended({ end: { reason, message }, onAgain }: { end: End; onAgain: () => void }) {
  const { t } = useTranslation()
  const known = KNOWN.find((k) => k === reason)
  const text = known ? t(`ended.reason.${known}`) : t('ended.reason.other', { message: message || reason })
  return (
    <Card title={reason === 'left' ? t('ended.title') : t('ended.titleLost')} text={text}>
      <Button onClick={onAgain} data-testid="again" data-reason={reason} autoFocus>
        {t('ended.again')}
      </Button>
    </Card>
  )
}
