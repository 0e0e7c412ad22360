import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { useLocation } from 'wouter'
import { api, call } from '../../api/client'
import { hasCode, problemText } from '../../api/problem'
import { tell } from '../ui/tell'

/** Ends the session and forgets what was read in it. */
export function useSignOut() {
  const client = useQueryClient()
  const { t } = useTranslation('app')
  const [, go] = useLocation()
  return useMutation({
    mutationFn: () => call(() => api.POST('/api/v1/auth/logout')),
    onSettled: (_, error) => {
      if (error && !hasCode(error, 'unauthenticated')) {
        tell(problemText(t, error))
        return
      }
      go('/signin')
      client.clear()
    },
  })
}
