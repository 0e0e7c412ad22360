import { Loader } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { PathState, SessionState } from '../rtc'
import classes from './Banner.module.css'

/** What is wrong with the connection, or being waited for; nothing when all is well. */
export function Banner({ state, path }: { state: SessionState; path: PathState }) {
  const { t } = useTranslation()
  const text = textOf()
  return (
    <div role="status" className={classes.holder} data-testid="connection" data-status={state.status} data-path={path}>
      {text && (
        <div className={classes.banner} data-bad={state.status === 'reconnecting' || path === 'quiet' || undefined}>
          <Loader size={14} color="currentcolor" />
          {text}
        </div>
      )}
    </div>
  )

  function textOf(): string | undefined {
    switch (state.status) {
      case 'connecting':
        return t('status.connecting')
      case 'waiting':
        return state.message || (state.position > 0 ? t('status.waitingPosition', { position: state.position }) : t('status.waiting'))
      case 'reconnecting':
        return t('status.reconnecting')
      case 'joined':
        if (path === 'quiet') return t('status.path')
        return path === 'connecting' ? t('status.media') : undefined
      default:
        return undefined
    }
  }
}
