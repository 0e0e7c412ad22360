import { Alert, Button, Stack, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, call } from '../../api/client'
import { Fault, retryAt } from '../ui/Fault'
import { useFormMutation } from '../ui/useFormMutation'
import { useSecondsUntil } from '../ui/useSecondsUntil'

/** Asks for a mail with a link. The answer does not tell whether there is such an account. */
export function ForgotPassword({ email, onBack }: { email: string; onBack: () => void }) {
  const { t } = useTranslation('app')
  const [sent, setSent] = useState(false)
  const form = useForm({ mode: 'uncontrolled', initialValues: { email } })
  const ask = useFormMutation(
    form,
    (values) => call(() => api.POST('/api/v1/auth/reset', { body: { email: values.email.trim() } })),
    () => setSent(true),
  )
  const wait = useSecondsUntil(retryAt(ask.error)) > 0
  return (
    <form onSubmit={form.onSubmit(ask.submit)}>
      <Stack>
        {sent ? (
          <Alert color="teal" role="status" data-testid="reset-sent">
            {t('forgot.sent')}
          </Alert>
        ) : (
          <>
            <TextInput label={t('signin.email')} type="email" autoComplete="username" required autoFocus key={form.key('email')} {...form.getInputProps('email')} />
            <Fault error={ask.fault} />
            <Button type="submit" loading={ask.pending} disabled={wait}>
              {t('forgot.send')}
            </Button>
          </>
        )}
        <Button variant="subtle" onClick={onBack}>
          {t('common.back')}
        </Button>
      </Stack>
    </form>
  )
}
