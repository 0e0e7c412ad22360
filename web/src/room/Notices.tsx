import { Alert, CloseButton } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import classes from './Notices.module.css'

export interface Notice {
  id: number
  title: string
  text?: string
}

/** Things that went wrong and need no answer. */
export function Notices({ notices, onDismiss }: { notices: readonly Notice[]; onDismiss: (id: number) => void }) {
  const { t } = useTranslation()
  return (
    <div className={classes.notices} role="alert">
      {notices.map(({ id, title, text }) => (
        <Alert key={id} color="orange" variant="filled" title={title} className={classes.notice} data-testid="notice">
          {text}
          <CloseButton
            className={classes.close}
            variant="transparent"
            aria-label={t('room.dismiss')}
            onClick={() => onDismiss(id)}
          />
        </Alert>
      ))}
    </div>
  )
}
