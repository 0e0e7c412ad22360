import { Button, Text } from '@mantine/core'
import { IconDeviceDesktopDown } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { isInstalled, useInstall } from '../../app/install'

/** How to have Switchyard beside one's other programs; nothing where it is one already. */
export function Install() {
  const { t } = useTranslation('app')
  const install = useInstall()
  if (isInstalled()) return null
  return (
    <div data-testid="install">
      <Text size="sm" fw={600} mb={4}>
        {t('preferences.install')}
      </Text>
      <Text size="sm" c="dimmed">
        {t('preferences.installText')}
      </Text>
      {install && (
        <Button mt="sm" variant="default" leftSection={<IconDeviceDesktopDown size={18} aria-hidden />} onClick={install}>
          {t('preferences.install')}
        </Button>
      )}
    </div>
  )
}
