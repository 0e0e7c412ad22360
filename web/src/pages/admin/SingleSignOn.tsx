import { Button, Group, PasswordInput, Stack, Switch, Text, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { type Sso, api, call } from '../../api/client'
import { keys } from '../../api/keys'
import { ssoQuery } from '../../api/queries'
import { CopyableText } from '../ui/CopyableText'
import { Fault } from '../ui/Fault'
import { Loaded } from '../ui/Loaded'
import { Page } from '../ui/Page'
import { Section } from '../ui/Section'
import { tell } from '../ui/tell'
import { useFresh } from '../ui/useFresh'
import { useFormMutation } from '../ui/useFormMutation'

export default function SingleSignOn() {
  const { t } = useTranslation('app')
  const sso = useFresh(ssoQuery)
  return (
    <Page title={t('section.sso')} text={t('sso.text')}>
      <Loaded query={sso}>{(data) => <SsoForm sso={data} />}</Loaded>
    </Page>
  )
}

function SsoForm({ sso }: { sso: Sso }) {
  const { t } = useTranslation('app')
  const client = useQueryClient()
  const form = useForm({ initialValues: { enabled: sso.enabled, issuer: sso.issuer, client_id: sso.client_id, label: sso.label, secret: '' } })
  const save = useFormMutation(
    form,
    (body) => call(() => api.PUT('/api/v1/settings/sso', { body })),
    (_, values) => {
      form.setFieldValue('secret', '')
      form.resetDirty({ ...values, secret: '' })
      void client.invalidateQueries({ queryKey: keys.methods })
      tell(t('common.saved'))
    },
  )
  const { enabled } = form.values
  return (
    <form onSubmit={form.onSubmit(save.submit)}>
      <Section title={t('sso.provider')}>
        <Stack>
          <Switch label={t('sso.enabled')} {...form.getInputProps('enabled', { type: 'checkbox' })} />
          <TextInput label={t('sso.issuer')} description={t('sso.issuerHelp')} type="url" required={enabled} {...form.getInputProps('issuer')} />
          <TextInput label={t('sso.clientId')} required={enabled} autoComplete="off" {...form.getInputProps('client_id')} />
          <PasswordInput
            label={t('sso.secret')}
            description={t('sso.secretHelp')}
            autoComplete="off"
            visibilityToggleButtonProps={{ 'aria-label': t('signin.showPassword') }}
            {...form.getInputProps('secret')}
          />
          <TextInput label={t('sso.label')} description={t('sso.labelHelp')} {...form.getInputProps('label')} />
          <div>
            <Text size="sm" fw={600} mb={4}>
              {t('sso.callback')}
            </Text>
            <CopyableText value={`${location.origin}/api/v1/auth/sso/callback`} label={t('sso.callback')} />
          </div>
          <Fault error={save.fault} />
          <Group>
            <Button type="submit" loading={save.pending} disabled={!form.isDirty()}>
              {t('common.save')}
            </Button>
          </Group>
        </Stack>
      </Section>
    </form>
  )
}
