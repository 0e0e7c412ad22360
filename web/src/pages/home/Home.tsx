import { SimpleGrid, Text, UnstyledButton } from '@mantine/core'
import { type Icon, IconShieldCheck, IconUser, IconUsers } from '@tabler/icons-react'
import { Suspense, lazy } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { useMe } from '../../api/queries'
import { Page } from '../ui/Page'
import { useDates } from '../ui/useDates'
import { greetingAt } from './greeting'
import { Waiting } from '../ui/Loaded'
import classes from './Home.module.css'

const HomeMeetings = lazy(() => import('../meetings/HomeMeetings'))

/** Where one arrives. */
export default function Home() {
  const { t } = useTranslation('app')
  const me = useMe()
  const dates = useDates()
  const now = new Date()
  const name = me.first_name || me.name
  const part = greetingAt(now.getHours())
  return (
    <Page title={name ? t(`home.${part}Name`, { name }) : t(`home.${part}`)} text={dates.longDay(now)}>
      {me.features.includes('meetings') && (
        <Suspense fallback={<Waiting />}>
          <HomeMeetings />
        </Suspense>
      )}
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <Way icon={IconUser} href="/profile" title={t('section.profile')} text={t('home.profile')} />
        <Way icon={IconShieldCheck} href="/selfcare" title={t('section.selfcare')} text={t(me.sso ? 'home.selfcareSso' : me.second_factor ? 'home.selfcare' : 'home.selfcareOff')} />
        {me.features.includes('users') && <Way icon={IconUsers} href="/admin/users" title={t('section.users')} text={t('home.users')} />}
      </SimpleGrid>
    </Page>
  )
}

function Way({ icon: Icon, href, title, text }: { icon: Icon; href: string; title: string; text: string }) {
  return (
    <UnstyledButton component={Link} href={href} className={classes.way}>
      <Icon size={26} stroke={1.6} aria-hidden className={classes.icon} />
      <span>
        <Text component="span" fw={600} display="block">
          {title}
        </Text>
        <Text component="span" c="dimmed" size="sm">
          {text}
        </Text>
      </span>
    </UnstyledButton>
  )
}
