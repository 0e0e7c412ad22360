import { Button } from '@mantine/core'
import { IconScreenShare } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import classes from './SharingMarker.module.css'

/** Stays in sight as long as others see one's screen. */
export function SharingMarker({ sound, onStop }: { sound: boolean; onStop: () => void }) {
  const { t } = useTranslation()
  return (
    <div className={classes.marker} data-testid="sharing">
      <IconScreenShare size={18} aria-hidden />
      <span>{sound ? t('room.sharingSound') : t('room.sharing')}</span>
      <Button size="compact-sm" color="red" onClick={onStop} data-testid="stop-sharing">
        {t('control.stopShare')}
      </Button>
    </div>
  )
}
