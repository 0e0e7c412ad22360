import { Alert } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useMe } from '../../api/queries'
import { Page } from '../ui/Page'
import { ProofForm } from '../ui/ProofForm'
import { Section } from '../ui/Section'
import { ChangePassword } from './ChangePassword'
import { SecondFactor } from './SecondFactor'
import { Sessions } from './Sessions'

/** One's own security. It opens with a fresh proof of who one is. */
export default function SelfCare() {
  const { t } = useTranslation('app')
  const me = useMe()
  // A proof runs out after some minutes; then single operations ask, not the whole page again.
  const [proven, setProven] = useState(me.fresh)
  if (!proven && !me.fresh) {
    return (
      <Page title={t('section.selfcare')} width={520}>
        <Section title={t('proof.title')} text={t('proof.text')}>
          <ProofForm me={me} onProven={() => setProven(true)} />
        </Section>
      </Page>
    )
  }
  return (
    <Page title={t('section.selfcare')} text={t('selfcare.text')}>
      {me.has_password && me.features.includes('password_change') && <ChangePassword />}
      {me.sso ? <Alert title={t('factor.title')}>{t('factor.sso')}</Alert> : <SecondFactor on={me.second_factor} />}
      <Sessions />
    </Page>
  )
}
