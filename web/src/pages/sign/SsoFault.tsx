import { Alert } from '@mantine/core'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'

/** What the way back from the identity provider says went wrong. It stays shown, but not in the address. */
export function useSsoFault(): string | null {
  const [code] = useState(() => new URLSearchParams(location.search).get('sso'))
  // Not while rendering: a change of the address renders anew, and then there is nothing left to read.
  useEffect(() => {
    const fields = new URLSearchParams(location.search)
    if (!fields.has('sso')) return
    fields.delete('sso')
    const rest = fields.toString()
    history.replaceState(history.state, '', location.pathname + (rest && `?${rest}`))
  }, [])
  return code
}

export function SsoFault({ code }: { code: string | null }) {
  const { t } = useTranslation('app')
  if (code === null) return null
  return (
    <Alert color="red" role="alert" data-testid="fault" data-code={code}>
      {code === 'gone' ? t('signin.ssoGone') : code === 'forbidden' ? t('signin.ssoForbidden') : t('signin.ssoFailed')}
    </Alert>
  )
}
