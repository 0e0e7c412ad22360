import { Button, CloseButton, Group, Paper, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import classes from './InMeeting.module.css'
import type { Knock } from './people'

interface Props {
  knock: Knock
  /** How many wait altogether. */
  count: number
  onAdmit: () => void
  onOpen: () => void
  onClose: () => void
}

/** Tells the host politely that somebody is at the door. It stays until it was looked at. */
export function KnockToast({ knock, count, onAdmit, onOpen, onClose }: Props) {
  const { t } = useTranslation('meetings')
  const common = useTranslation().t
  return (
    <div className={classes.knock} role="status">
      <Paper p="sm" shadow="lg" withBorder data-testid="knock">
        <Group justify="space-between" wrap="nowrap" align="flex-start" gap="xs">
          <div>
            <Text fw={600} className={classes.break}>
              {t('host.knock', { name: knock.name })}
            </Text>
            {count > 1 && (
              <Text size="sm" c="dimmed">
                {t('host.waitingCount', { count })}
              </Text>
            )}
          </div>
          <CloseButton aria-label={common('room.dismiss')} onClick={onClose} />
        </Group>
        <Group gap="xs" mt="xs">
          <Button size="compact-md" onClick={onAdmit} data-testid="knock-admit">
            {t('host.admit')}
          </Button>
          <Button size="compact-md" variant="default" onClick={onOpen}>
            {t('host.look')}
          </Button>
        </Group>
      </Paper>
    </div>
  )
}
