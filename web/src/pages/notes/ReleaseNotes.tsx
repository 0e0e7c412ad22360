import { Anchor, List } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import changelog from '../../../../CHANGELOG.md?raw'
import { Shell } from '../../app/Shell'
import { Page } from '../ui/Page'
import { Section } from '../ui/Section'
import { releasesIn } from './notes'
import classes from './ReleaseNotes.module.css'

/** What is new, by version. Everybody may read it, also without an account. */
export default function ReleaseNotes() {
  const { t, i18n } = useTranslation('app')
  return (
    <Shell>
      <main className={classes.main}>
        <Page title={t('notes.title')} {...(i18n.language !== 'en' && { text: t('notes.text') })}>
          {releasesIn(changelog).map(({ version, changes }) => (
            <Section key={version} title={version}>
              <List spacing="xs" lang="en">
                {changes.map((change) => (
                  <List.Item key={change}>{change}</List.Item>
                ))}
              </List>
            </Section>
          ))}
          <Anchor component={Link} href="/">
            {t('notFound.home')}
          </Anchor>
        </Page>
      </main>
    </Shell>
  )
}
