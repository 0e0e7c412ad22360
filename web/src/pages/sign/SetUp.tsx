import { Alert, Anchor, Button, Group, Stack, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useLocation } from 'wouter'
import { api, call } from '../../api/client'
import { isLanguage } from '../../i18n/languages'
import { Fault, retryAt } from '../ui/Fault'
import { NewPassword } from '../ui/NewPassword'
import { useFormMutation } from '../ui/useFormMutation'
import { useSecondsUntil } from '../ui/useSecondsUntil'
import { takeSecret } from './secret'
import { SignFrame } from './SignFrame'

/** Makes the first administrator, with the link that the server printed. */
export default function SetUp() {
  const { t } = useTranslation('app')
  const [secret] = useState(takeSecret)
  return (
    <SignFrame title={t('setup.title')} text={t('setup.text')}>
      {secret ? <SetUpForm secret={secret} /> : <Alert color="orange">{t('setup.noSecret')}</Alert>}
      <Anchor component={Link} href="/signin" size="sm">
        {t('setup.signin')}
      </Anchor>
    </SignFrame>
  )
}

function SetUpForm({ secret }: { secret: string }) {
  const { t, i18n } = useTranslation('app')
  const client = useQueryClient()
  const [, go] = useLocation()
  const form = useForm({ mode: 'uncontrolled', initialValues: { first_name: '', last_name: '', email: '', password: '' } })
  const setUp = useFormMutation(
    form,
    (values) => {
      const language = isLanguage(i18n.language) ? i18n.language : 'en'
      return call(() => api.POST('/api/v1/setup', { body: { ...values, secret, language } }))
    },
    () => {
      client.clear()
      go('/', { replace: true })
    },
  )
  const wait = useSecondsUntil(retryAt(setUp.error)) > 0
  return (
    <form onSubmit={form.onSubmit(setUp.submit)} data-testid="setup-form">
      <Stack>
        <Group grow align="flex-start">
          <TextInput label={t('person.firstName')} autoComplete="given-name" autoFocus maxLength={80} key={form.key('first_name')} {...form.getInputProps('first_name')} />
          <TextInput label={t('person.lastName')} autoComplete="family-name" maxLength={80} key={form.key('last_name')} {...form.getInputProps('last_name')} />
        </Group>
        <TextInput label={t('signin.email')} type="email" autoComplete="username" required key={form.key('email')} {...form.getInputProps('email')} />
        <NewPassword key={form.key('password')} {...form.getInputProps('password')} />
        <Fault error={setUp.fault} instead={{ gone: t('setup.gone') }} />
        <Button type="submit" loading={setUp.pending} disabled={wait} data-testid="setup">
          {t('setup.make')}
        </Button>
      </Stack>
    </form>
  )
}
