import { Badge, Button, Group, NativeSelect, Table, Text, TextInput, UnstyledButton } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { IconPlus, IconSearch } from '@tabler/icons-react'
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { User } from '../../api/client'
import { departmentsQuery, usersQuery } from '../../api/queries'
import { Loaded } from '../ui/Loaded'
import { MoreButton } from '../ui/MoreButton'
import { Page } from '../ui/Page'
import { TableCard } from '../ui/TableCard'
import { PersonAvatar } from '../ui/PersonAvatar'
import classes from './Users.module.css'
import { NewUserDialog } from './NewUserDialog'
import { UserDialog } from './UserDialog'

export default function Users() {
  const { t } = useTranslation('app')
  const [search, setSearch] = useState('')
  const [department, setDepartment] = useState('')
  const [settled] = useDebouncedValue(search.trim(), 250)
  const users = useInfiniteQuery({ ...usersQuery({ search: settled, department }), placeholderData: keepPreviousData })
  const departments = useQuery(departmentsQuery).data?.items ?? []
  const [adding, setAdding] = useState(false)
  const [chosen, setChosen] = useState<string>()
  return (
    <Page
      title={t('section.users')}
      width={960}
      actions={
        <Button leftSection={<IconPlus size={18} aria-hidden />} onClick={() => setAdding(true)} data-testid="new-user">
          {t('users.add')}
        </Button>
      }
    >
      <Group>
        <TextInput
          flex="1 1 220px"
          type="search"
          maxLength={100}
          leftSection={<IconSearch size={18} aria-hidden />}
          aria-label={t('users.search')}
          placeholder={t('users.search')}
          value={search}
          onChange={({ currentTarget }) => setSearch(currentTarget.value)}
          data-testid="search"
        />
        <NativeSelect
          flex="1 1 180px"
          maw={{ sm: 240 }}
          aria-label={t('users.department')}
          value={department}
          onChange={({ currentTarget }) => setDepartment(currentTarget.value)}
          data={[{ value: '', label: t('users.allDepartments') }, ...departments.map(({ id, name }) => ({ value: id, label: name }))]}
        />
      </Group>
      <Loaded query={users}>
        {({ pages }) => {
          const all = pages.flatMap(({ items }) => items)
          return all.length === 0 ? (
            <Text c="dimmed" role="status">
              {t('users.none')}
            </Text>
          ) : (
            <UserTable users={all} names={new Map(departments.map(({ id, name }) => [id, name]))} onChoose={setChosen} />
          )
        }}
      </Loaded>
      <MoreButton query={users} />
      <NewUserDialog opened={adding} departments={departments} onClose={() => setAdding(false)} />
      {chosen && <UserDialog id={chosen} departments={departments} onClose={() => setChosen(undefined)} />}
    </Page>
  )
}

interface TableProps {
  users: User[]
  /** Of departments, by id. */
  names: Map<string, string>
  onChoose: (id: string) => void
}

function UserTable({ users, names, onChoose }: TableProps) {
  const { t } = useTranslation('app')
  return (
    <TableCard>
      <Table className={classes.table} highlightOnHover>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('person.name')}</Table.Th>
            <Table.Th visibleFrom="sm">{t('users.role')}</Table.Th>
            <Table.Th visibleFrom="sm">{t('users.departments')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {users.map((user) => (
            <Table.Tr key={user.id}>
              <Table.Td>
                <UnstyledButton className={classes.person} onClick={() => onChoose(user.id)} data-testid="user">
                  <PersonAvatar person={user} size={38} />
                  <span className={classes.names}>
                    <span className={classes.name}>{user.name || user.email}</span>
                    {user.name && <span className={classes.email}>{user.email}</span>}
                    <Marks user={user} />
                  </span>
                </UnstyledButton>
              </Table.Td>
              <Table.Td visibleFrom="sm">{roleText(t, user.role)}</Table.Td>
              <Table.Td visibleFrom="sm">{user.departments.map((id) => names.get(id) ?? '').join(', ')}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </TableCard>
  )
}

function Marks({ user }: { user: User }) {
  const { t } = useTranslation('app')
  if (user.active && !user.second_factor && !user.sso) return null
  return (
    <span className={classes.marks}>
      {!user.active && (
        <Badge size="sm" color="gray" variant="filled" autoContrast component="span">
          {t('users.inactive')}
        </Badge>
      )}
      {user.second_factor && (
        <Badge size="sm" variant="outline" component="span">
          {t('users.hasFactor')}
        </Badge>
      )}
      {user.sso && (
        <Badge size="sm" variant="outline" component="span">
          {t('users.hasSso')}
        </Badge>
      )}
    </span>
  )
}

function roleText(t: ReturnType<typeof useTranslation<'app'>>['t'], role: string): string {
  return role === 'admin' || role === 'department_admin' ? t(`role.${role}`) : t('role.user')
}
