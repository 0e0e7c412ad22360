import { Anchor } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { Page } from './ui/Page'

export function NotFound() {
  const { t } = useTranslation('app')
  return (
    <Page title={t('notFound.title')} text={t('notFound.text')}>
      <Anchor component={Link} href="/">
        {t('notFound.home')}
      </Anchor>
    </Page>
  )
}
