import { Center, Loader } from '@mantine/core'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Fault } from './Fault'

interface Query<T> {
  data: T | undefined
  error: unknown
  refetch: () => unknown
}

/** Shows what was asked for once it is there; until then that it is coming, or why it is not. */
export function Loaded<T>({ query, children }: { query: Query<T>; children: (data: T) => ReactNode }) {
  if (query.data !== undefined) return children(query.data)
  if (query.error) return <Fault error={query.error} onRetry={() => void query.refetch()} />
  return <Waiting />
}

export function Waiting() {
  const { t } = useTranslation('app')
  return (
    <Center py="xl" role="status" aria-label={t('common.loading')}>
      <Loader />
    </Center>
  )
}
