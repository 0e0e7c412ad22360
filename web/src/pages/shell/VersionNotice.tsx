import { Alert, Button, Group } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { versionQuery } from '../../api/queries'

/** Says that the server has become another one since the page was loaded. The meeting page never does. */
export function VersionNotice() {
  const { t } = useTranslation('app')
  const version = useQuery(versionQuery).data?.version
  const [loaded, setLoaded] = useState(version)
  const [later, setLater] = useState<string>()
  if (loaded === undefined && version !== undefined) setLoaded(version)
  if (version === undefined || loaded === undefined || version === loaded || version === later) return null
  return (
    <Alert mb="lg" role="status" withCloseButton closeButtonLabel={t('version.later')} onClose={() => setLater(version)} data-testid="new-version">
      <Group gap="sm">
        {t('version.text')}
        <Button size="compact-sm" onClick={() => location.reload()}>
          {t('version.reload')}
        </Button>
      </Group>
    </Alert>
  )
}
