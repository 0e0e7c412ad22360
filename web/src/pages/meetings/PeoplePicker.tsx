import { ActionIcon, Badge, Button, Checkbox, Group, Menu, NativeSelect, Stack, Text, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { IconDots, IconSearch } from '@tabler/icons-react'
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { departmentsQuery, useMe, usersQuery } from '../../api/queries'
import { Loaded } from '../ui/Loaded'
import { MoreButton } from '../ui/MoreButton'
import { PersonAvatar } from '../ui/PersonAvatar'
import classes from './PeoplePicker.module.css'
import type { Person } from './types'

export interface Picked extends Person {
  coOrganiser: boolean
}

interface Props {
  picked: readonly Picked[]
  onChange: (picked: Picked[]) => void
  /** Whether rights can be given. */
  withRoles?: boolean
}

/** Picks people of the organisation. */
export function PeoplePicker({ picked, onChange, withRoles = false }: Props) {
  const { t } = useTranslation('meetings')
  const remove = (id: string) => onChange(picked.filter((p) => p.id !== id))
  const toggleRole = (id: string) => onChange(picked.map((p) => (p.id === id ? { ...p, coOrganiser: !p.coOrganiser } : p)))
  return (
    <Stack gap="sm">
      <Directory picked={picked} onChange={onChange} />
      {picked.length > 0 && (
        <div>
          <Group justify="space-between" mb={4}>
            <Text size="sm" fw={600} aria-live="polite">
              {t('pick.picked', { count: picked.length })}
            </Text>
            <Button variant="subtle" size="compact-sm" onClick={() => onChange([])}>
              {t('pick.removeAll')}
            </Button>
          </Group>
          <ul className={classes.picked}>
            {picked.map((person) => (
              <li key={person.id} className={classes.person} data-testid="picked">
                <PersonAvatar person={{ ...person, email: person.email ?? '' }} size={28} />
                <span className={classes.name}>{person.name || person.email}</span>
                {person.coOrganiser && (
                  <Badge size="sm" variant="outline">
                    {t('role.co_organiser')}
                  </Badge>
                )}
                <Menu position="bottom-end" shadow="md" zIndex={400}>
                  <Menu.Target>
                    <ActionIcon variant="subtle" color="gray" aria-label={t('pick.menu', { name: person.name || person.email })}>
                      <IconDots size={18} />
                    </ActionIcon>
                  </Menu.Target>
                  <Menu.Dropdown>
                    {withRoles && <Menu.Item onClick={() => toggleRole(person.id)}>{person.coOrganiser ? t('pick.withdraw') : t('pick.assign')}</Menu.Item>}
                    <Menu.Item onClick={() => remove(person.id)}>{t('pick.remove')}</Menu.Item>
                  </Menu.Dropdown>
                </Menu>
              </li>
            ))}
          </ul>
        </div>
      )}
    </Stack>
  )
}

function Directory({ picked, onChange }: Props) {
  const { t } = useTranslation('meetings')
  const me = useMe()
  const [search, setSearch] = useState('')
  const [department, setDepartment] = useState('')
  const [settled] = useDebouncedValue(search.trim(), 250)
  const query = useInfiniteQuery({ ...usersQuery({ search: settled, department }), placeholderData: keepPreviousData })
  const departments = useQuery(departmentsQuery).data?.items ?? []
  const found = query.data?.pages.flatMap(({ items }) => items).filter(({ id, active }) => active && id !== me.id) ?? []
  const has = (id: string) => picked.some((p) => p.id === id)
  const add = (people: typeof found) =>
    onChange([
      ...picked,
      ...people.filter(({ id }) => !has(id)).map(({ id, name, email, avatar }) => ({ id, name, email, ...(avatar && { avatar }), coOrganiser: false })),
    ])
  return (
    <>
      <Group gap="xs">
        <TextInput
          type="search"
          flex="1 1 180px"
          maxLength={100}
          leftSection={<IconSearch size={18} aria-hidden />}
          aria-label={t('pick.search')}
          placeholder={t('pick.search')}
          value={search}
          onChange={({ currentTarget }) => setSearch(currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter') event.preventDefault() // it is no sending of the form around it
          }}
          data-testid="pick-search"
        />
        <NativeSelect
          aria-label={t('pick.department')}
          value={department}
          onChange={({ currentTarget }) => setDepartment(currentTarget.value)}
          data={[{ value: '', label: t('pick.allDepartments') }, ...departments.map(({ id, name }) => ({ value: id, label: name }))]}
        />
        <Button variant="default" disabled={found.every(({ id }) => has(id))} onClick={() => add(found)} data-testid="pick-all">
          {t('pick.all')}
        </Button>
      </Group>
      <div className={classes.found} role="group" aria-label={t('pick.found')} tabIndex={-1}>
        <Loaded query={query}>
          {() =>
            found.length === 0 ? (
              <Text c="dimmed" size="sm" p="xs" role="status">
                {t('pick.none')}
              </Text>
            ) : (
              found.map((user) => (
                <Checkbox
                  key={user.id}
                  className={classes.check}
                  checked={has(user.id)}
                  onChange={({ currentTarget }) => (currentTarget.checked ? add([user]) : onChange(picked.filter((p) => p.id !== user.id)))}
                  label={
                    <>
                      {user.name || user.email}
                      {user.name && <span className={classes.email}>{user.email}</span>}
                    </>
                  }
                  data-testid="pick"
                />
              ))
            )
          }
        </Loaded>
        <MoreButton query={query} />
      </div>
    </>
  )
}
