import { Burger, Button, Drawer, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { type ReactNode, useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { useLocation } from 'wouter'
import type { Me } from '../../api/client'
import { Logo } from '../../app/Shell'
import classes from './Frame.module.css'
import { Navigation } from './Navigation'
import { ProfileMenu } from './ProfileMenu'
import { VersionNotice } from './VersionNotice'

/** One navigation bar and the page beside it; on phones the bar is behind a button. */
export function Frame({ me, children }: { me: Me; children: ReactNode }) {
  const { t } = useTranslation('app')
  const [opened, { open, close }] = useDisclosure(false)
  const [path] = useLocation()
  const main = useRef<HTMLElement>(null)
  useFocusOnArrival(path, main)
  return (
    <div className={classes.frame}>
      <Button component="a" href="#main" className={classes.skip} onClick={(event) => skipTo(event, main.current)}>
        {t('shell.skip')}
      </Button>
      <header className={classes.top}>
        <Burger opened={opened} onClick={open} size="sm" aria-label={t('shell.menu')} aria-expanded={opened} data-testid="menu" />
        <Name />
      </header>
      <aside className={classes.side}>
        <div className={classes.name}>
          <Name />
        </div>
        <Navigation features={me.features} />
        <ProfileMenu me={me} />
      </aside>
      <Drawer opened={opened} onClose={close} size={280} title={<Name />} closeButtonProps={{ 'aria-label': t('common.close') }}>
        <div className={classes.drawer}>
          <Navigation features={me.features} onGo={close} />
          <ProfileMenu me={me} onGo={close} />
        </div>
      </Drawer>
      <main className={classes.main} ref={main} tabIndex={-1}>
        <VersionNotice />
        {children}
      </main>
    </div>
  )
}

function Name() {
  const { t } = useTranslation()
  return (
    <span className={classes.brand}>
      <Logo />
      <Text fw={650} component="span">
        {t('app.name')}
      </Text>
    </span>
  )
}

/** Whoever reads by keyboard or ear begins at the new page's start, not where the old one's link was. */
function useFocusOnArrival(path: string, main: { readonly current: HTMLElement | null }): void {
  const before = useRef(path)
  useEffect(() => {
    if (before.current === path) return
    before.current = path
    main.current?.focus({ preventScroll: true })
    window.scrollTo(0, 0)
  }, [path, main])
}

function skipTo(event: { preventDefault: () => void }, main: HTMLElement | null): void {
  event.preventDefault()
  main?.focus()
}
