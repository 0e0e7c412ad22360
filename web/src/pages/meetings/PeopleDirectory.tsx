import { Button, Checkbox, Group, NativeSelect, Text, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { IconSearch } from '@tabler/icons-react'
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { departmentsQuery, useMe, usersQuery } from '../../api/queries'
import { Loaded } from '../ui/Loaded'
import { MoreButton } from '../ui/MoreButton'
import { dragged } from './drag'
import classes from './PeoplePicker.module.css'
import type { Person } from './types'

interface Props {
  has: (id: string) => boolean
  onAdd: (people: Person[]) => void
  onRemove: (id: string) => void
}

/** The people of the organisation, by name and department, to be checked or dragged. */
export function PeopleDirectory({ has, onAdd, onRemove }: Props) {
  const { t } = useTranslation('meetings')
  const me = useMe()
  const [search, setSearch] = useState('')
  const [department, setDepartment] = useState('')
  const [settled] = useDebouncedValue(search.trim(), 250)
  const query = useInfiniteQuery({ ...usersQuery({ search: settled, department }), placeholderData: keepPreviousData })
  const departments = useQuery(departmentsQuery).data?.items ?? []
  const found = query.data?.pages.flatMap(({ items }) => items).filter(({ id, active }) => active && id !== me.id) ?? []
  const people = found.map(({ id, name, email, avatar }): Person => ({ id, name, email, ...(avatar && { avatar }) }))
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
          data-testid="pick-department"
        />
        <Button variant="default" disabled={people.every(({ id }) => has(id))} onClick={() => onAdd(people)} data-testid="pick-all">
          {t('pick.all')}
        </Button>
      </Group>
      <div className={classes.found} role="group" aria-label={t('pick.found')} tabIndex={-1}>
        <Loaded query={query}>
          {() =>
            people.length === 0 ? (
              <Text c="dimmed" size="sm" p="xs" role="status">
                {t('pick.none')}
              </Text>
            ) : (
              people.map((person) => (
                <div key={person.id} className={classes.check} {...dragged(person)}>
                  <Checkbox
                    checked={has(person.id)}
                    onChange={({ currentTarget }) => (currentTarget.checked ? onAdd([person]) : onRemove(person.id))}
                    label={
                      <>
                        {person.name || person.email}
                        {person.name && <span className={classes.email}>{person.email}</span>}
                      </>
                    }
                    data-testid="pick"
                  />
                </div>
              ))
            )
          }
        </Loaded>
        <MoreButton query={query} />
      </div>
    </>
  )
}
