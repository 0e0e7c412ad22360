import { Anchor, Button, Checkbox, Group, PasswordInput, Stack, Text, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useLocation } from 'wouter'
import { api, call } from '../../api/client'
import { hasCode } from '../../api/problem'
import { Fault, retryAt } from '../ui/Fault'
import { useFormMutation } from '../ui/useFormMutation'
import { useSecondsUntil } from '../ui/useSecondsUntil'
import { forgetAccount, knownAccounts, rememberAccount } from './accounts'
import { KnownAccounts } from './KnownAccounts'

interface Props {
  wanted: string
  onForgot: (email: string) => void
}

type Step = 'choose' | 'password' | 'code'

/** Signing in with a password: an account that is known here or another one, then a code if it has a second factor. */
export function PasswordSignIn({ wanted, onForgot }: Props) {
  const { t } = useTranslation('app')
  const client = useQueryClient()
  const [, go] = useLocation()
  const [accounts, setAccounts] = useState(() => knownAccounts())
  const [step, setStep] = useState<Step>(accounts.length > 0 ? 'choose' : 'password')
  const form = useForm({ mode: 'uncontrolled', initialValues: { email: '', password: '', code: '', remember: true } })
  const signIn = useFormMutation(
    form,
    ({ email, password, code, remember }) =>
      call(() => api.POST('/api/v1/auth/login', { body: { email: email.trim(), password, remember, ...(step === 'code' && { code }) } })),
    (user, { remember }) => {
      if (remember) rememberAccount(user)
      client.clear()
      go(wanted)
    },
  )
  const asked = hasCode(signIn.error, 'second_factor')
  if (asked && step !== 'code') {
    setStep('code')
    signIn.reset()
  }
  const wait = useSecondsUntil(retryAt(signIn.error)) > 0

  const use = (email: string) => {
    form.setFieldValue('email', email)
    setStep('password')
  }
  const back = () => {
    signIn.reset()
    form.setFieldValue('code', '')
    form.setFieldValue('password', '')
    setStep(accounts.length > 0 ? 'choose' : 'password')
  }
  if (step === 'choose') {
    return <KnownAccounts accounts={accounts} onUse={use} onForget={(email) => setAccounts(forgetAccount(email))} onOther={() => use('')} />
  }
  return (
    <form onSubmit={form.onSubmit(signIn.submit)} data-testid="signin-form">
      <Stack>
        {step === 'code' ? (
          <>
            <Text>{t('signin.codeText')}</Text>
            <TextInput
              label={t('signin.code')}
              description={t('signin.codeHelp')}
              autoComplete="one-time-code"
              autoFocus
              required
              data-testid="code"
              key={form.key('code')}
              {...form.getInputProps('code')}
            />
          </>
        ) : (
          <>
            <TextInput
              label={t('signin.email')}
              type="email"
              autoComplete="username"
              required
              autoFocus={form.getValues().email === ''}
              data-testid="email"
              key={form.key('email')}
              {...form.getInputProps('email')}
            />
            <PasswordInput
              label={t('signin.password')}
              autoComplete="current-password"
              required
              autoFocus={form.getValues().email !== ''}
              visibilityToggleButtonProps={{ 'aria-label': t('signin.showPassword') }}
              data-testid="password"
              key={form.key('password')}
              {...form.getInputProps('password')}
            />
            <Group justify="space-between" gap="xs">
              <Checkbox label={t('signin.remember')} key={form.key('remember')} {...form.getInputProps('remember', { type: 'checkbox' })} />
              <Anchor component="button" type="button" size="sm" onClick={() => onForgot(form.getValues().email)} data-testid="forgot">
                {t('signin.forgot')}
              </Anchor>
            </Group>
          </>
        )}
        <Fault error={signIn.fault} instead={{ wrong: step === 'code' ? t('signin.wrongCode') : t('signin.wrong') }} />
        <Button type="submit" loading={signIn.pending} disabled={wait} data-testid="signin">
          {t('signin.continue')}
        </Button>
        {(step === 'code' || accounts.length > 0) && (
          <Button variant="subtle" onClick={back}>
            {t('common.back')}
          </Button>
        )}
      </Stack>
    </form>
  )
}
