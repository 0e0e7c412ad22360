import { useQuery } from '@tanstack/react-query'
import { api, call } from '../../api/client'
import { keys } from '../../api/keys'

/** The name of a user that only its id is known of; the id if there is no such user any more. */
export function UserName({ id }: { id: string }) {
  const card = useQuery({
    queryKey: [...keys.users, 'card', id],
    queryFn: () => call(() => api.GET('/api/v1/users/{id}/card', { params: { path: { id } } })),
    staleTime: 300_000,
  })
  return <span>{card.data?.name ?? card.data?.email ?? id}</span>
}
