import { Button, Group } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { Fault } from './Fault'

interface Query {
  hasNextPage: boolean
  isFetchingNextPage: boolean
  isFetchNextPageError: boolean
  error: unknown
  fetchNextPage: () => unknown
}

/** The next page of a list, while there is one. */
export function MoreButton({ query }: { query: Query }) {
  const { t } = useTranslation('app')
  if (!query.hasNextPage) return null
  return (
    <>
      {query.isFetchNextPageError && <Fault error={query.error} />}
      <Group justify="center">
        <Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          {t('common.more')}
        </Button>
      </Group>
    </>
  )
}
