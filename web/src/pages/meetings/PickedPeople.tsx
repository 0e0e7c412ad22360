import { ActionIcon, Menu, Text } from '@mantine/core'
import { IconDots } from '@tabler/icons-react'
import { useId } from 'react'
import { useTranslation } from 'react-i18next'
import { PersonAvatar } from '../ui/PersonAvatar'
import { dragged, useDrop } from './drag'
import classes from './PeoplePicker.module.css'
import type { Picked } from './picked'
import type { Person } from './types'

interface Props {
  people: readonly Picked[]
  /** It is the list of co-organisers. */
  coOrganisers?: boolean
  withRoles: boolean
  /** Makes somebody a co-organiser, or a participant. */
  onPut: (person: Person, coOrganiser: boolean) => void
  onRemove: (id: string) => void
}

/** Those who are picked for one role. People can be dropped on it; the menu of each does the same for keyboards. */
export function PickedPeople({ people, coOrganisers = false, withRoles, onPut, onRemove }: Props) {
  const { t } = useTranslation('meetings')
  const title = useId()
  const { over, place } = useDrop((person) => onPut(person, coOrganisers))
  return (
    <section className={classes.place} data-over={over || undefined} aria-labelledby={withRoles ? title : undefined} {...place} data-testid={coOrganisers ? 'place-co-organisers' : 'place-participants'}>
      {withRoles && (
        <Text component="h3" size="xs" fw={600} c="dimmed" m={0} id={title}>
          {t(coOrganisers ? 'details.coOrganisers' : 'details.participants')}
        </Text>
      )}
      {people.length === 0 ? (
        <Text size="sm" c="dimmed">
          {coOrganisers ? t('pick.drop', { action: t('pick.assign') }) : t('pick.dropPeople')}
        </Text>
      ) : (
        <ul className={classes.picked}>
          {people.map((person) => (
            <li key={person.id} className={classes.person} {...dragged(person)} data-testid="picked" data-role={person.coOrganiser ? 'co_organiser' : 'participant'}>
              <PersonAvatar person={{ ...person, email: person.email ?? '' }} size={28} />
              <span className={classes.name}>{person.name || person.email}</span>
              <Menu position="bottom-end" shadow="md" zIndex={400}>
                <Menu.Target>
                  <ActionIcon variant="subtle" color="gray" aria-label={t('pick.menu', { name: person.name || (person.email ?? '') })} data-testid="picked-menu">
                    <IconDots size={18} />
                  </ActionIcon>
                </Menu.Target>
                <Menu.Dropdown>
                  {withRoles && (
                    <Menu.Item onClick={() => onPut(person, !person.coOrganiser)} data-testid="toggle-role">
                      {person.coOrganiser ? t('pick.withdraw') : t('pick.assign')}
                    </Menu.Item>
                  )}
                  <Menu.Item onClick={() => onRemove(person.id)}>{t('pick.remove')}</Menu.Item>
                </Menu.Dropdown>
              </Menu>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}
