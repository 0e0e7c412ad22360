import { Button, Group, Stack, Text } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { type Department, api, call } from '../../api/client'
import { keys } from '../../api/keys'
import { settingsQuery } from '../../api/queries'
import { DEFAULT_LANGUAGE, isLanguage } from '../../i18n/languages'
import { Dialog } from '../ui/Dialog'
import { Fault } from '../ui/Fault'
import { tell } from '../ui/tell'
import { useFormMutation } from '../ui/useFormMutation'
import { UserFields, type UserValues } from './UserFields'

interface Props {
  opened: boolean
  departments: readonly Department[]
  onClose: () => void
}

export function NewUserDialog({ opened, ...rest }: Props) {
  const { t } = useTranslation('app')
  return (
    <Dialog opened={opened} onClose={rest.onClose} title={t('users.add')}>
      <NewUser {...rest} />
    </Dialog>
  )
}

function NewUser({ departments, onClose }: Omit<Props, 'opened'>) {
  const { t } = useTranslation('app')
  const client = useQueryClient()
  const usual = useQuery(settingsQuery).data?.data.language
  const form = useForm<UserValues>({
    initialValues: { first_name: '', last_name: '', email: '', role: 'user', departments: [], language: isLanguage(usual) ? usual : DEFAULT_LANGUAGE },
  })
  const add = useFormMutation(
    form,
    (body) => call(() => api.POST('/api/v1/users', { body })),
    (user) => {
      void client.invalidateQueries({ queryKey: keys.users })
      tell(t('users.added', { email: user.email }))
      onClose()
    },
  )
  return (
    <form onSubmit={form.onSubmit(add.submit)} data-testid="new-user-form">
      <Stack>
        <UserFields form={form} departments={departments} />
        <Text size="sm" c="dimmed">
          {t('users.mailText')}
        </Text>
        <Fault error={add.fault} instead={{ forbidden: t('users.ownDepartments') }} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t('common.cancel')}
          </Button>
          <Button type="submit" loading={add.pending} data-testid="add-user">
            {t('users.add')}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
