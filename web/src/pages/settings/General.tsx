import { Anchor, Button, Group, NativeSelect, Text, useMantineColorScheme } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { useMe, versionQuery } from '../../api/queries'
import { CLIENT_VERSION, loadedVersion } from '../../api/version'
import { isLanguage } from '../../i18n/languages'
import { Fault } from '../ui/Fault'
import { LanguageSelect } from '../ui/LanguageSelect'
import { Section } from '../ui/Section'
import { useLanguageChoice } from '../ui/useLanguageChoice'
import { Install } from './Install'
import classes from './Settings.module.css'

const THEMES = ['auto', 'light', 'dark'] as const

/** Language, looks, and which version this is. */
export function General() {
  const { t, i18n } = useTranslation('app')
  const me = useMe()
  const chooseLanguage = useLanguageChoice()
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  return (
    <Section title={t('preferences.general')}>
      <LanguageSelect label={t('common.language')} value={isLanguage(i18n.language) ? i18n.language : me.language} onChange={chooseLanguage} description={t('profile.languageHelp')} />
      <NativeSelect
        label={t('preferences.theme')}
        value={colorScheme}
        data={THEMES.map((value) => ({ value, label: t(`preferences.${value}`) }))}
        onChange={({ currentTarget }) => setColorScheme(THEMES.find((theme) => theme === currentTarget.value) ?? 'auto')}
        data-testid="theme"
      />
      <Install />
      <Versions />
    </Section>
  )
}

function Versions() {
  const { t } = useTranslation('app')
  const query = useQuery(versionQuery)
  const [asked, setAsked] = useState(false)
  const now = query.data
  const changed = now !== undefined && loadedVersion(now.version) !== now.version
  return (
    <div>
      <Text size="sm" fw={600} mb={4}>
        {t('preferences.version')}
      </Text>
      <dl className={classes.versions}>
        <dt>{t('preferences.client')}</dt>
        <dd data-testid="client-version">{CLIENT_VERSION}</dd>
        <dt>{t('preferences.server')}</dt>
        <dd data-testid="server-version">{now?.version ?? t('preferences.unknown')}</dd>
      </dl>
      <Group gap="sm" mt="sm">
        <Button variant="default" loading={query.isFetching} onClick={() => void query.refetch().then(({ isSuccess }) => setAsked(isSuccess))} data-testid="check-version">
          {t('preferences.check')}
        </Button>
        {now && (
          <Anchor component={Link} href={now.notes} size="sm">
            {t('version.notes')}
          </Anchor>
        )}
      </Group>
      <Text size="sm" mt="xs" role="status" data-testid="checked">
        {changed ? t('version.text') : asked && t('preferences.newest')}
      </Text>
      {query.error && <Fault error={query.error} />}
    </div>
  )
}
