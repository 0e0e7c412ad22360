import { Button, Checkbox, Group, PasswordInput, Stack } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, call } from '../../api/client'
import { keys } from '../../api/keys'
import { Fault, retryAt } from '../ui/Fault'
import { NewPassword } from '../ui/NewPassword'
import { Section } from '../ui/Section'
import { tell } from '../ui/tell'
import { useFormMutation } from '../ui/useFormMutation'
import { useSecondsUntil } from '../ui/useSecondsUntil'

export function ChangePassword() {
  const { t } = useTranslation('app')
  const client = useQueryClient()
  const form = useForm({ mode: 'uncontrolled', initialValues: { old_password: '', new_password: '', sign_out_others: true } })
  const change = useFormMutation(
    form,
    (body) => call(() => api.PUT('/api/v1/me/password', { body })),
    () => {
      form.reset()
      tell(t('password.changed'))
      void client.invalidateQueries({ queryKey: keys.sessions })
    },
  )
  const wait = useSecondsUntil(retryAt(change.error)) > 0
  return (
    <Section title={t('password.title')}>
      <form onSubmit={form.onSubmit(change.submit)} data-testid="password-form">
        <Stack>
          <PasswordInput
            label={t('password.old')}
            autoComplete="current-password"
            required
            visibilityToggleButtonProps={{ 'aria-label': t('signin.showPassword') }}
            key={form.key('old_password')}
            {...form.getInputProps('old_password')}
          />
          <NewPassword key={form.key('new_password')} {...form.getInputProps('new_password')} />
          <Checkbox label={t('password.signOutOthers')} key={form.key('sign_out_others')} {...form.getInputProps('sign_out_others', { type: 'checkbox' })} />
          <Fault error={change.fault} instead={{ wrong: t('password.wrong') }} />
          <Group>
            <Button type="submit" loading={change.pending} disabled={wait}>
              {t('password.change')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Section>
  )
}
