import { Text, TextInput } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { useMe } from '../../api/queries'
import { isLanguage } from '../../i18n/languages'
import { CopyableText } from '../ui/CopyableText'
import { LanguageSelect } from '../ui/LanguageSelect'
import { Page } from '../ui/Page'
import { Section } from '../ui/Section'
import { useLanguageChoice } from '../ui/useLanguageChoice'
import { AvatarSection } from './AvatarSection'
import { SavedField } from './SavedField'

export default function Profile() {
  const { t, i18n } = useTranslation('app')
  const me = useMe()
  const chooseLanguage = useLanguageChoice()
  const editable = me.features.includes('profile_edit')
  return (
    <Page title={t('section.profile')} text={t('profile.text')}>
      <AvatarSection me={me} />
      <Section title={t('profile.details')} text={editable ? t('profile.saves') : t('profile.locked')}>
        {editable ? (
          <>
            <SavedField field="first_name" value={me.first_name} label={t('person.firstName')} autoComplete="given-name" maxLength={80} />
            <SavedField field="last_name" value={me.last_name} label={t('person.lastName')} autoComplete="family-name" maxLength={80} />
            <SavedField field="email" value={me.email} label={t('person.email')} type="email" autoComplete="email" description={t('profile.emailHelp')} required withAsterisk={false} />
          </>
        ) : (
          <>
            <TextInput label={t('person.name')} value={me.name} readOnly />
            <TextInput label={t('person.email')} value={me.email} readOnly />
          </>
        )}
        <LanguageSelect
          label={t('common.language')}
          value={isLanguage(i18n.language) ? i18n.language : me.language}
          onChange={chooseLanguage}
          description={t('profile.languageHelp')}
        />
        <div>
          <Text size="sm" fw={600} mb={4}>
            {t('profile.clientId')}
          </Text>
          <CopyableText value={me.id} label={t('profile.clientId')} />
          <Text size="xs" c="dimmed" mt={4}>
            {t('profile.clientIdHelp')}
          </Text>
        </div>
      </Section>
    </Page>
  )
}
