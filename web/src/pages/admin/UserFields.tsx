import { Group, MultiSelect, NativeSelect, TextInput } from '@mantine/core'
import type { UseFormReturnType } from '@mantine/form'
import { useTranslation } from 'react-i18next'
import type { Department, Language, Role } from '../../api/client'
import { useFeature } from '../../api/queries'
import { LanguageSelect } from '../ui/LanguageSelect'

export interface UserValues {
  first_name: string
  last_name: string
  email: string
  role: Role
  departments: string[]
  language: Language
}

interface Props<V extends UserValues> {
  form: UseFormReturnType<V>
  departments: readonly Department[]
}

const ROLES: readonly Role[] = ['user', 'department_admin', 'admin']

/** The fields of a new user and of one that is changed. */
export function UserFields<V extends UserValues>({ form, departments }: Props<V>) {
  const { t } = useTranslation('app')
  // Only who looks after the whole tenant gives roles.
  const everything = useFeature('administration')
  const language = form.getInputProps('language') as { value: string; onChange: (value: Language) => void }
  return (
    <>
      <Group grow align="flex-start">
        <TextInput label={t('person.firstName')} maxLength={80} data-autofocus {...form.getInputProps('first_name')} />
        <TextInput label={t('person.lastName')} maxLength={80} {...form.getInputProps('last_name')} />
      </Group>
      <TextInput label={t('person.email')} type="email" required {...form.getInputProps('email')} data-testid="user-email" />
      {everything && (
        <NativeSelect label={t('users.role')} data={ROLES.map((role) => ({ value: role, label: t(`role.${role}`) }))} {...form.getInputProps('role')} />
      )}
      <MultiSelect
        label={t('users.departments')}
        data={departments.map(({ id, name }) => ({ value: id, label: name }))}
        comboboxProps={{ withinPortal: true, zIndex: 400 }}
        searchable
        hidePickedOptions
        nothingFoundMessage={t('departments.none')}
        {...form.getInputProps('departments')}
      />
      <LanguageSelect label={t('common.language')} {...language} />
    </>
  )
}
