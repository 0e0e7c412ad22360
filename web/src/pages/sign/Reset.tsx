import { Alert, Anchor, Button, Stack } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { api, call } from '../../api/client'
import { Fault, retryAt } from '../ui/Fault'
import { NewPassword } from '../ui/NewPassword'
import { useFormMutation } from '../ui/useFormMutation'
import { useSecondsUntil } from '../ui/useSecondsUntil'
import { takeSecret } from './secret'
import { SignFrame } from './SignFrame'

/** Where a mailed link leads to: a new password is chosen. */
export default function Reset() {
  const { t } = useTranslation('app')
  const [secret] = useState(takeSecret)
  const [done, setDone] = useState(false)
  return (
    <SignFrame title={t('reset.title')} text={done ? undefined : t('reset.text')}>
      {done ? (
        <Alert color="teal" role="status" data-testid="reset-done">
          {t('reset.done')}
        </Alert>
      ) : secret ? (
        <ResetForm secret={secret} onDone={() => setDone(true)} />
      ) : (
        <Alert color="orange">{t('reset.noSecret')}</Alert>
      )}
      <Anchor component={Link} href="/signin">
        {t('reset.signin')}
      </Anchor>
    </SignFrame>
  )
}

function ResetForm({ secret, onDone }: { secret: string; onDone: () => void }) {
  const { t } = useTranslation('app')
  const form = useForm({ mode: 'uncontrolled', initialValues: { password: '' } })
  const reset = useFormMutation(form, ({ password }) => call(() => api.POST('/api/v1/auth/reset/confirm', { body: { secret, password } })), onDone)
  const wait = useSecondsUntil(retryAt(reset.error)) > 0
  return (
    <form onSubmit={form.onSubmit(reset.submit)}>
      <Stack>
        <NewPassword autoFocus key={form.key('password')} {...form.getInputProps('password')} />
        <Fault error={reset.fault} instead={{ gone: t('reset.gone'), conflict: t('reset.usesSso') }} />
        <Button type="submit" loading={reset.pending} disabled={wait}>
          {t('reset.save')}
        </Button>
      </Stack>
    </form>
  )
}
