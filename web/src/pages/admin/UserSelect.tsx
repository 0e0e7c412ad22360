import { Select, type SelectProps } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { usersQuery } from '../../api/queries'

/** Finds a user by a part of name or address. */
export function UserSelect(props: Omit<SelectProps, 'data'>) {
  const [search, setSearch] = useState('')
  const [settled] = useDebouncedValue(search, 250)
  const users = useInfiniteQuery({ ...usersQuery({ search: settled, department: '' }), placeholderData: keepPreviousData })
  const found = users.data?.pages.flatMap(({ items }) => items) ?? []
  return (
    <Select
      {...props}
      searchable
      onSearchChange={setSearch}
      filter={({ options }) => options}
      data={found.map(({ id, name, email }) => ({ value: id, label: name ? `${name} (${email})` : email }))}
      comboboxProps={{ zIndex: 400 }}
    />
  )
}
