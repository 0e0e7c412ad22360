import { Button, Group, Stack, Text } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, call } from '../../api/client'
import { CopyableText } from '../ui/CopyableText'
import { Dialog } from '../ui/Dialog'
import { Fault } from '../ui/Fault'
import { Loaded } from '../ui/Loaded'
import { useDates } from '../ui/useDates'
import { feedQuery } from './queries'

/** The address from which calendar programs read one's meetings. */
export function FeedDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation('meetings')
  return (
    <Dialog opened={opened} onClose={onClose} title={t('feed.title')} size="lg">
      <Feed />
    </Dialog>
  )
}

function Feed() {
  const { t } = useTranslation('meetings')
  const dates = useDates()
  const client = useQueryClient()
  const query = useQuery(feedQuery)
  const again = () => client.invalidateQueries({ queryKey: feedQuery.queryKey })
  const make = useMutation({ mutationFn: () => call(() => api.POST('/api/v1/me/calendar-feed')), onSuccess: again })
  const revoke = useMutation({ mutationFn: () => call(() => api.DELETE('/api/v1/me/calendar-feed')), onSuccess: () => {
    make.reset()
    return again()
  } })
  return (
    <Loaded query={query}>
      {({ exists, created }) => (
        <Stack>
          <Text>{t('feed.text')}</Text>
          {make.data ? (
            <>
              <CopyableText value={make.data.url} label={t('feed.address')} />
              <Text c="dimmed" size="sm">
                {t('feed.once')}
              </Text>
            </>
          ) : (
            exists && <Text c="dimmed">{t('feed.exists', { date: created ? dates.day(created) : '' })}</Text>
          )}
          <Fault error={make.error ?? revoke.error} />
          <Group justify="flex-end">
            {exists && (
              <Button variant="default" c="red" loading={revoke.isPending} onClick={() => revoke.mutate()}>
                {t('feed.revoke')}
              </Button>
            )}
            <Button variant={make.data ? 'default' : 'filled'} loading={make.isPending} onClick={() => make.mutate()} data-testid="make-feed">
              {exists ? t('feed.renew') : t('feed.make')}
            </Button>
          </Group>
        </Stack>
      )}
    </Loaded>
  )
}
