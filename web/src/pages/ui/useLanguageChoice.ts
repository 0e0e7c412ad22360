import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api, call } from '../../api/client'
import { keys } from '../../api/keys'
import { chooseLanguage } from '../../i18n'
import type { LanguageCode } from '../../i18n/languages'

/** Changes the language here at once, and of the account, so that mails follow. */
export function useLanguageChoice() {
  const client = useQueryClient()
  const save = useMutation({
    mutationFn: (language: LanguageCode) => call(() => api.PATCH('/api/v1/me', { body: { language } })),
    onSuccess: (me) => client.setQueryData(keys.me, me),
  })
  return (language: LanguageCode) => {
    void chooseLanguage(language)
    save.mutate(language)
  }
}
