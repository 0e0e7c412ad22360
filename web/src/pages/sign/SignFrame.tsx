import { Center, Paper, Stack, Text, Title } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Logo } from '../../app/Shell'
import { ThemeToggle } from '../../app/ThemeToggle'
import { chooseLanguage } from '../../i18n'
import { LanguageSelect } from '../ui/LanguageSelect'
import classes from './SignFrame.module.css'

interface Props {
  title: string
  text?: string | undefined
  children: ReactNode
}

/** The frame of the pages before one has signed in. */
export function SignFrame({ title, text, children }: Props) {
  const { t, i18n } = useTranslation()
  useDocumentTitle(`${title} · ${t('app.name')}`)
  return (
    <div className={classes.frame}>
      <header className={classes.header}>
        <Logo />
        <Text fw={650}>{t('app.name')}</Text>
        <span className={classes.space} />
        <LanguageSelect value={i18n.language} onChange={(language) => void chooseLanguage(language)} data-testid="language" />
        <ThemeToggle />
      </header>
      <Center component="main" p="md">
        <Paper p={{ base: 'lg', xs: 'xl' }} radius="lg" w="min(440px, 100%)" shadow="sm">
          <Stack>
            <Title order={1} size="h3">
              {title}
            </Title>
            {text && <Text c="dimmed">{text}</Text>}
            {children}
          </Stack>
        </Paper>
      </Center>
    </div>
  )
}
