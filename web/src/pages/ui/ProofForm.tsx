import { Button, PasswordInput, Stack, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { type Me, api, call } from '../../api/client'
import { keys } from '../../api/keys'
import { methodsQuery } from '../../api/queries'
import { SsoButton } from '../sign/SsoButton'
import { Fault, retryAt } from './Fault'
import { useFormMutation } from './useFormMutation'
import { useSecondsUntil } from './useSecondsUntil'

/** Takes a fresh proof of who one is: the password and a code, or the identity provider's word. */
export function ProofForm({ me, onProven }: { me: Me; onProven: () => void }) {
  const { t } = useTranslation('app')
  const label = useQuery({ ...methodsQuery, enabled: !me.has_password }).data?.sso_label
  return me.has_password ? (
    <PasswordProof me={me} onProven={onProven} />
  ) : (
    <SsoButton returnTo={location.pathname} text={label ? t('proof.ssoWith', { label }) : t('proof.sso')} />
  )
}

function PasswordProof({ me, onProven }: { me: Me; onProven: () => void }) {
  const { t } = useTranslation('app')
  const client = useQueryClient()
  const form = useForm({ mode: 'uncontrolled', initialValues: { password: '', code: '' } })
  const prove = useFormMutation(
    form,
    ({ password, code }) => call(() => api.POST('/api/v1/auth/reauthenticate', { body: { password, ...(code && { code }) } })),
    async () => {
      await client.invalidateQueries({ queryKey: keys.me })
      onProven()
    },
  )
  const wait = useSecondsUntil(retryAt(prove.error)) > 0
  return (
    <form onSubmit={form.onSubmit(prove.submit)}>
      <Stack>
        <input type="text" name="username" autoComplete="username" value={me.email} readOnly hidden />
        <PasswordInput
          label={t('signin.password')}
          autoComplete="current-password"
          required
          data-autofocus
          visibilityToggleButtonProps={{ 'aria-label': t('signin.showPassword') }}
          key={form.key('password')}
          {...form.getInputProps('password')}
        />
        {me.second_factor && (
          <TextInput label={t('signin.code')} autoComplete="one-time-code" required key={form.key('code')} {...form.getInputProps('code')} />
        )}
        <Fault error={prove.fault} instead={{ wrong: me.second_factor ? t('proof.wrongEither') : t('proof.wrong') }} />
        <Button type="submit" loading={prove.pending} disabled={wait} data-testid="prove">
          {t('proof.confirm')}
        </Button>
      </Stack>
    </form>
  )
}
