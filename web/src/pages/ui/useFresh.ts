import { type QueryKey, type UseQueryOptions, useQuery } from '@tanstack/react-query'

/** Asks for what a form begins with: as it is now, and not as it was when it was last shown. */
export function useFresh<T, K extends QueryKey>(options: UseQueryOptions<T, Error, T, K>) {
  const { data, error, refetch, isFetchedAfterMount } = useQuery({ ...options, refetchOnMount: 'always' })
  return { data: isFetchedAfterMount ? data : undefined, error, refetch }
}
