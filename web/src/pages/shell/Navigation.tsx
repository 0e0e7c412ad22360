import { NavLink, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { Link, useLocation } from 'wouter'
import classes from './Navigation.module.css'
import { ADMINISTRATION, SECTIONS, shown } from './sections'

interface Props {
  features: readonly string[]
  /** A link was followed. */
  onGo?: () => void
}

export function Navigation({ features, onGo }: Props) {
  const { t } = useTranslation('app')
  const administration = shown(ADMINISTRATION, features)
  return (
    <nav aria-label={t('shell.navigation')} className={classes.navigation}>
      <Entries sections={shown(SECTIONS, features)} onGo={onGo} />
      {administration.length > 0 && (
        <>
          <Text size="sm" c="dimmed" fw={600} className={classes.heading}>
            {t('shell.administration')}
          </Text>
          <Entries sections={administration} onGo={onGo} />
        </>
      )}
    </nav>
  )
}

function Entries({ sections, onGo }: { sections: ReturnType<typeof shown>; onGo: Props['onGo'] }) {
  const { t } = useTranslation('app')
  const [path] = useLocation()
  return (
    <ul className={classes.list}>
      {sections.map(({ path: href, title, icon: Icon }) => (
        <li key={href}>
          <NavLink
            component={Link}
            href={href}
            active={path === href}
            aria-current={path === href ? 'page' : undefined}
            label={t(`section.${title}`)}
            leftSection={<Icon size={20} stroke={1.7} aria-hidden />}
            className={classes.entry}
            onClick={() => onGo?.()}
          />
        </li>
      ))}
    </ul>
  )
}
