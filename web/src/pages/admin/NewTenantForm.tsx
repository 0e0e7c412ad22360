import { Button, Group, Stack, Text, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, call } from '../../api/client'
import { keys } from '../../api/keys'
import { fieldFaults } from '../../api/problem'
import { Fault } from '../ui/Fault'
import { tell } from '../ui/tell'
import { useFormMutation } from '../ui/useFormMutation'

const FIELDS = ['name', 'admin_email', 'admin_first_name', 'admin_last_name', 'email', 'first_name', 'last_name']

/** A new organisation and its first administrator. */
export function NewTenantForm({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation('app')
  const client = useQueryClient()
  const form = useForm({ initialValues: { name: '', admin_email: '', admin_first_name: '', admin_last_name: '' } })
  const add = useFormMutation(
    form,
    (values) => {
      const body = Object.fromEntries(Object.entries(values).map(([field, text]) => [field, text.trim()])) as typeof values
      return call(() => api.POST('/api/v1/tenants', { body }))
    },
    async ({ name }, { admin_email: email }) => {
      await client.invalidateQueries({ queryKey: keys.tenants })
      tell(t('tenants.added', { name, email }))
      onClose()
    },
    // The administrator is a user, whose fields the server calls as those of users.
    (texts, error) => {
      const { email, first_name: first, last_name: last, ...rest } = fieldFaults(texts, error, FIELDS)
      return { ...rest, ...(email && { admin_email: email }), ...(first && { admin_first_name: first }), ...(last && { admin_last_name: last }) }
    },
  )
  return (
    <form onSubmit={form.onSubmit(add.submit)} data-testid="new-tenant-form">
      <Stack>
        <TextInput label={t('tenants.name')} required maxLength={100} data-autofocus {...form.getInputProps('name')} data-testid="tenant-name" />
        <Text size="sm" fw={600} component="h3" m={0}>
          {t('tenants.admin')}
        </Text>
        <TextInput type="email" label={t('person.email')} description={t('tenants.adminHelp')} required maxLength={254} {...form.getInputProps('admin_email')} data-testid="tenant-email" />
        <TextInput label={t('person.firstName')} maxLength={80} {...form.getInputProps('admin_first_name')} />
        <TextInput label={t('person.lastName')} maxLength={80} {...form.getInputProps('admin_last_name')} />
        <Fault error={add.fault} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t('common.cancel')}
          </Button>
          <Button type="submit" loading={add.pending} data-testid="add-tenant">
            {t('tenants.add')}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
