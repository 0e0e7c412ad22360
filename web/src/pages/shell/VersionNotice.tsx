import { Alert, Anchor, Button, Group } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { versionQuery } from '../../api/queries'
import { CLIENT_VERSION, isOlder, keepVersion, loadedVersion, wasUpdated } from '../../api/version'

/**
 * Says that the server has become another one since the page was loaded; after it was loaded anew, once, where
 * it is written what is new. The meeting page has none of it, and nothing is loaded anew by itself: calls go on.
 */
export function VersionNotice() {
  const { t } = useTranslation('app')
  const now = useQuery(versionQuery).data
  const [later, setLater] = useState<string>()
  if (!now) return null
  const { version, min_client: least, notes } = now
  const loaded = loadedVersion(version)
  const tooOld = isOlder(CLIENT_VERSION, least)
  if (!tooOld && version === loaded) return <Updated version={version} notes={notes} />
  if (!tooOld && version === later) return null
  return (
    <Alert mb="lg" role="status" {...(tooOld && { color: 'orange' })} withCloseButton={!tooOld} closeButtonLabel={t('version.later')} onClose={() => setLater(version)} data-testid="new-version">
      <Group gap="sm">
        {tooOld ? t('version.old') : t('version.text')}
        <Button size="compact-sm" onClick={() => location.reload()}>
          {t('version.reload')}
        </Button>
      </Group>
    </Alert>
  )
}

function Updated({ version, notes }: { version: string; notes: string }) {
  const { t } = useTranslation('app')
  const [shown, setShown] = useState(() => wasUpdated(version))
  useEffect(() => keepVersion(version), [version])
  if (!shown) return null
  return (
    <Alert mb="lg" role="status" withCloseButton closeButtonLabel={t('common.close')} onClose={() => setShown(false)} data-testid="updated">
      {t('version.updated', { version })}{' '}
      <Anchor component={Link} href={notes} onClick={() => setShown(false)}>
        {t('version.notes')}
      </Anchor>
    </Alert>
  )
}
