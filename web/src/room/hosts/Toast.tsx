import { CloseButton, Paper } from '@mantine/core'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import classes from './InMeeting.module.css'

const SHOWN_FOR = 6_000

/** A word about what was done, or could not be. */
export function Toast({ text, onClose }: { text: string | undefined; onClose: () => void }) {
  const { t } = useTranslation()
  useEffect(() => {
    if (text === undefined) return
    const timer = setTimeout(onClose, SHOWN_FOR)
    return () => clearTimeout(timer)
  }, [text, onClose])
  return (
    <div role="status" className={classes.toasts}>
      {text && (
        <Paper className={classes.toast} shadow="md" withBorder data-testid="host-toast">
          <span className={classes.grow}>{text}</span>
          <CloseButton aria-label={t('room.dismiss')} onClick={onClose} />
        </Paper>
      )}
    </div>
  )
}
