import { Alert, Button } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { ApiError, type Code, problemText } from '../../api/problem'
import { useSecondsUntil } from './useSecondsUntil'

interface Props {
  error: unknown
  /** Better sentences for some codes in this place. */
  instead?: Partial<Record<Code, string>>
  onRetry?: () => void
}

/** Says what went wrong and what to do; nothing if nothing did. */
export function Fault({ error, instead, onRetry }: Props) {
  const { t } = useTranslation('app')
  const seconds = useSecondsUntil(retryAt(error))
  if (error === undefined || error === null) return null
  return (
    <Alert color="red" role="alert" data-testid="fault" data-code={error instanceof ApiError ? error.code : 'offline'}>
      {problemText(t, error, instead)}
      {seconds > 0 && (
        <>
          {' '}
          <span aria-live="off">{t('problem.wait', { count: seconds })}</span>
        </>
      )}
      {onRetry && (
        <Button mt="xs" display="block" size="compact-sm" variant="default" disabled={seconds > 0} onClick={onRetry}>
          {t('common.retry')}
        </Button>
      )}
    </Alert>
  )
}

export function retryAt(error: unknown): number | undefined {
  return error instanceof ApiError ? error.retryAt : undefined
}
