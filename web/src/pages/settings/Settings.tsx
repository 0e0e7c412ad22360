import { useTranslation } from 'react-i18next'
import { useMe } from '../../api/queries'
import { Page } from '../ui/Page'
import { Calendars } from './Calendars'
import { General } from './General'

/** What somebody chooses for oneself, beside profile and security. */
export default function Settings() {
  const { t } = useTranslation('app')
  const { features } = useMe()
  return (
    <Page title={t('section.preferences')} text={t('preferences.text')}>
      <General />
      {features.includes('calendars') && <Calendars />}
    </Page>
  )
}
