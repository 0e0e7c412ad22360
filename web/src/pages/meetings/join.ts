import { useMutation } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, call } from '../../api/client'
import { problemText } from '../../api/problem'
import { goToDoor, seatOf } from '../../entry/meetingSeat'
import { tell } from '../ui/tell'

/** Gets a token for a meeting's room and goes to its door, as who has signed in. */
export function useJoin() {
  const { t } = useTranslation('app')
  const texts = useTranslation('meetings').t
  const { mutate, isPending, variables } = useMutation({
    mutationFn: async (id: string) => {
      const ticket = await call(() => api.POST('/api/v1/meetings/{id}/join', { params: { path: { id } } }))
      goToDoor(seatOf(ticket, { path: `/api/v1/meetings/${encodeURIComponent(id)}/join` }, true))
    },
    onError: (error) => tell(problemText(t, error, { not_found: texts('join.gone'), forbidden: texts('join.refused') })),
  })
  return { join: (id: string) => mutate(id), joining: isPending ? variables : undefined }
}
