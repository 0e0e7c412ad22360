import { Alert, Button, Group, Stack, Switch } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type Settings, type Told, api, callWithEtag } from '../../api/client'
import { keys } from '../../api/keys'
import { hasCode } from '../../api/problem'
import { settingsQuery } from '../../api/queries'
import { Fault } from '../ui/Fault'
import { LanguageSelect } from '../ui/LanguageSelect'
import { Loaded } from '../ui/Loaded'
import { Page } from '../ui/Page'
import { Section } from '../ui/Section'
import { tell } from '../ui/tell'
import { useFresh } from '../ui/useFresh'
import { useFormMutation } from '../ui/useFormMutation'
import { TermsSection } from './TermsForm'

const MEETINGS = ['public_by_default', 'lobby', 'mute_on_entry', 'announce', 'record_by_default'] as const
const SIGN_IN = ['password_sign_in', 'sso_link_by_email', 'sso_provision'] as const

export default function TenantSettings() {
  const { t } = useTranslation('app')
  const settings = useFresh(settingsQuery)
  const [round, setRound] = useState(0)
  const again = async () => {
    await settings.refetch()
    setRound((n) => n + 1)
  }
  return (
    <Page title={t('section.settings')} text={t('settings.text')}>
      <Loaded query={settings}>{(told) => <SettingsForm key={round} told={told} onAgain={again} />}</Loaded>
      <TermsSection />
    </Page>
  )
}

interface FormProps {
  /** As they were when the form began. */
  told: Told<Settings>
  onAgain: () => Promise<void>
}

function SettingsForm({ told: { data, etag }, onAgain }: FormProps) {
  const { t } = useTranslation('app')
  const client = useQueryClient()
  const [read, setRead] = useState(etag)
  const form = useForm<Settings>({ initialValues: data })
  const save = useFormMutation(
    form,
    (body) => callWithEtag(() => api.PUT('/api/v1/settings', { params: { header: { 'If-Match': read } }, body })),
    (told) => {
      client.setQueryData(keys.settings, told)
      setRead(told.etag)
      form.resetDirty(told.data)
      tell(t('common.saved'))
    },
  )
  const language = form.getInputProps('language') as { value: string; onChange: (value: string) => void }
  const choice = (name: (typeof MEETINGS)[number] | (typeof SIGN_IN)[number]) => (
    <Switch key={name} label={t(`settings.${name}`)} description={t(`settings.${name}_help`)} {...form.getInputProps(name, { type: 'checkbox' })} />
  )
  return (
    <form onSubmit={form.onSubmit(save.submit)} data-testid="settings-form">
      <Stack gap="lg">
        <Section title={t('settings.general')}>
          <LanguageSelect label={t('settings.language')} description={t('settings.language_help')} {...language} />
        </Section>
        <Section title={t('settings.meetings')} text={t('settings.meetingsText')}>
          {MEETINGS.map(choice)}
        </Section>
        <Section title={t('settings.signIn')}>{SIGN_IN.map(choice)}</Section>
        {hasCode(save.error, 'version') ? (
          <Alert color="orange" role="alert">
            {t('settings.conflict')}
            <Button mt="xs" display="block" size="compact-sm" variant="default" onClick={() => void onAgain()}>
              {t('users.showNew')}
            </Button>
          </Alert>
        ) : (
          <Fault error={save.fault} />
        )}
        <Group>
          <Button type="submit" loading={save.pending} disabled={!form.isDirty()}>
            {t('common.save')}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
