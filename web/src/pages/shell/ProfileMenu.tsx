import { Menu, UnstyledButton, useComputedColorScheme, useMantineColorScheme } from '@mantine/core'
import { IconChevronUp, IconLogout, IconMoon, IconShieldCheck, IconSun, IconUser } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import type { Me } from '../../api/client'
import { LANGUAGES, isLanguage } from '../../i18n/languages'
import { PersonAvatar } from '../ui/PersonAvatar'
import { useLanguageChoice } from '../ui/useLanguageChoice'
import classes from './ProfileMenu.module.css'
import { useSignOut } from './useSignOut'

/** Who has signed in, and what is one's own: profile, self care, language, theme, signing out. */
export function ProfileMenu({ me, onGo }: { me: Me; onGo?: () => void }) {
  const { t, i18n } = useTranslation('app')
  const chooseLanguage = useLanguageChoice()
  const { setColorScheme } = useMantineColorScheme()
  const dark = useComputedColorScheme('light') === 'dark'
  const signOut = useSignOut()
  return (
    <Menu width={240} position="top-start" shadow="md">
      <Menu.Target>
        <UnstyledButton className={classes.person} aria-label={t('shell.profileMenu', { name: me.name || me.email })} data-testid="profile-menu">
          <PersonAvatar person={me} size={36} />
          <span className={classes.names}>
            <span className={classes.name}>{me.name || me.email}</span>
            {me.name && <span className={classes.email}>{me.email}</span>}
          </span>
          <IconChevronUp size={16} aria-hidden />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item component={Link} href="/profile" leftSection={<IconUser size={18} aria-hidden />} onClick={onGo}>
          {t('section.profile')}
        </Menu.Item>
        <Menu.Item component="a" href="/selfcare" target="_blank" rel="opener" leftSection={<IconShieldCheck size={18} aria-hidden />}>
          {t('shell.selfcareNewTab')}
        </Menu.Item>
        <Menu.Item leftSection={dark ? <IconSun size={18} aria-hidden /> : <IconMoon size={18} aria-hidden />} onClick={() => setColorScheme(dark ? 'light' : 'dark')}>
          {dark ? t('shell.light') : t('shell.dark')}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Label>{t('common.language')}</Menu.Label>
        <Menu.RadioGroup
          value={i18n.language}
          onChange={(code) => {
            if (isLanguage(code)) chooseLanguage(code)
          }}
        >
          {Object.entries(LANGUAGES).map(([code, name]) => (
            <Menu.RadioItem key={code} value={code} lang={code} closeMenuOnClick>
              {name}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={18} aria-hidden />} onClick={() => signOut.mutate()} data-testid="sign-out">
          {t('shell.signOut')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
