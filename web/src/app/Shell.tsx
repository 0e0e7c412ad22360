import { Center, Loader, Paper, Stack, Text, Title } from '@mantine/core'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import classes from './Shell.module.css'
import { ThemeToggle } from './ThemeToggle'

/** The frame of every page that is not the meeting itself. */
export function Shell({ children }: { children: ReactNode }) {
  const { t } = useTranslation()
  return (
    <div className={classes.shell}>
      <header className={classes.header}>
        <Logo />
        <Text fw={650}>{t('app.name')}</Text>
        <span className={classes.space} />
        <ThemeToggle />
      </header>
      {children}
    </div>
  )
}

/** A few words in the middle of the page, and what can be done about them. */
export function Card({ title, text, children }: { title: string; text?: string | undefined; children?: ReactNode }) {
  return (
    <Center component="main" p="md">
      <Paper p="xl" radius="lg" w="min(440px, 100%)" shadow="sm">
        <Stack>
          <Title order={1} size="h3">
            {title}
          </Title>
          {text && <Text c="dimmed">{text}</Text>}
          {children}
        </Stack>
      </Paper>
    </Center>
  )
}

export function Loading({ text }: { text: string }) {
  return (
    <Center component="main" role="status">
      <Stack align="center" gap="sm">
        <Loader />
        <Text c="dimmed">{text}</Text>
      </Stack>
    </Center>
  )
}

export function Logo() {
  return (
    <svg width="24" height="24" viewBox="0 0 24 24" fill="none" aria-hidden="true" className={classes.logo}>
      <path d="M3 18h18M3 12h5c5 0 5-6 10-6h3" stroke="currentColor" strokeWidth="2.6" strokeLinecap="round" />
    </svg>
  )
}
