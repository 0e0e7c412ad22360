import { Alert, Button } from '@mantine/core'
import { IconInfoCircle } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import type { DeviceProblem } from '../devices/problem'

/** What to do about a device that can't be used. */
export function ProblemHelp({ problem, onRetry }: { problem: DeviceProblem; onRetry: () => void }) {
  const { t } = useTranslation()
  const device = t(`problem.device.${problem.device}`)
  return (
    <Alert
      color="orange"
      icon={<IconInfoCircle />}
      title={t(`problem.${problem.reason}`, { device })}
      data-testid="problem"
      data-reason={problem.reason}
      data-device={problem.device}
    >
      {t(`problem.${problem.reason}Help`, { device })}
      {problem.reason !== 'insecure' && (
        <Button mt="xs" display="block" size="compact-sm" variant="default" onClick={onRetry}>
          {t('problem.retry')}
        </Button>
      )}
    </Alert>
  )
}
