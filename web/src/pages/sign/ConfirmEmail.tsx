import { Alert, Anchor, Button } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { api, call } from '../../api/client'
import { keys } from '../../api/keys'
import { Fault } from '../ui/Fault'
import { takeSecret } from './secret'
import { SignFrame } from './SignFrame'

/** Where the mail to a new address leads to. Programs that only look at links in mails do not press buttons. */
export default function ConfirmEmail() {
  const { t } = useTranslation('app')
  const client = useQueryClient()
  const [secret] = useState(takeSecret)
  const confirm = useMutation({
    mutationFn: () => call(() => api.POST('/api/v1/auth/email/confirm', { body: { secret } })),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.me }),
  })
  return (
    <SignFrame title={t('confirmEmail.title')} text={confirm.isSuccess ? undefined : t('confirmEmail.text')}>
      {!secret && <Alert color="orange">{t('confirmEmail.noSecret')}</Alert>}
      <Fault error={confirm.error} instead={{ gone: t('confirmEmail.gone') }} />
      {confirm.isSuccess ? (
        <Alert color="teal" role="status">
          {t('confirmEmail.done', { email: confirm.data.email })}
        </Alert>
      ) : (
        secret && (
          <Button loading={confirm.isPending} onClick={() => confirm.mutate()}>
            {t('confirmEmail.confirm')}
          </Button>
        )
      )}
      <Anchor component={Link} href="/">
        {t('confirmEmail.home')}
      </Anchor>
    </SignFrame>
  )
}
