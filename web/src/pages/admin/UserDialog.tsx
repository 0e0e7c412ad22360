import { Alert, Button, Divider, Group, Stack } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type Department, type Role, type User, api, call, match } from '../../api/client'
import { keys } from '../../api/keys'
import { hasCode } from '../../api/problem'
import { useMe } from '../../api/queries'
import { isLanguage } from '../../i18n/languages'
import { Dialog } from '../ui/Dialog'
import { Fault } from '../ui/Fault'
import { Loaded } from '../ui/Loaded'
import { tell } from '../ui/tell'
import { useFormMutation } from '../ui/useFormMutation'
import { UserActions } from './UserActions'
import { UserFields, type UserValues } from './UserFields'

interface Props {
  id: string
  departments: readonly Department[]
  onClose: () => void
}

/** Changes a user, as it is now and not as the list has it. */
export function UserDialog({ id, departments, onClose }: Props) {
  const { t } = useTranslation('app')
  // Read anew when it opens, and then not until asked: what is being typed must not change below the hands.
  const user = useQuery({
    queryKey: ['user', id],
    queryFn: () => call(() => api.GET('/api/v1/users/{id}', { params: { path: { id } } })),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  })
  const [round, setRound] = useState(0)
  const again = async () => {
    await user.refetch()
    setRound((n) => n + 1)
  }
  return (
    <Dialog opened onClose={onClose} title={user.data?.name ?? t('section.users')}>
      <Loaded query={user}>
        {(data) => (
          <Stack>
            <Edit key={round} user={data} departments={departments} onAgain={again} onClose={onClose} />
            <Divider label={t('users.account')} labelPosition="left" />
            <UserActions user={data} onChanged={again} onClose={onClose} />
          </Stack>
        )}
      </Loaded>
    </Dialog>
  )
}

interface EditProps extends Omit<Props, 'id'> {
  user: User
  onAgain: () => Promise<void>
}

function Edit({ user, departments, onAgain, onClose }: EditProps) {
  const { t } = useTranslation('app')
  const client = useQueryClient()
  const me = useMe()
  const before = valuesOf(user)
  const form = useForm<UserValues>({ initialValues: before })
  const save = useFormMutation(
    form,
    (values) => {
      const params = { path: { id: user.id }, header: match(user.version) }
      return call(() => api.PATCH('/api/v1/users/{id}', { params, body: changed(before, values) }))
    },
    (after, values) => {
      void client.invalidateQueries({ queryKey: keys.users })
      const mailed = after.id === me.id && after.email !== values.email
      tell(mailed ? t('profile.mailed', { email: values.email }) : t('common.saved'))
      onClose()
    },
  )
  return (
    <form onSubmit={form.onSubmit(save.submit)} data-testid="user-form">
      <Stack>
        <UserFields form={form} departments={departments} />
        {hasCode(save.error, 'version') ? (
          <Alert color="orange" role="alert" data-testid="conflict">
            {t('users.conflict')}
            <Button mt="xs" display="block" size="compact-sm" variant="default" onClick={() => void onAgain()}>
              {t('users.showNew')}
            </Button>
          </Alert>
        ) : (
          <Fault error={save.fault} />
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t('common.cancel')}
          </Button>
          <Button type="submit" loading={save.pending} disabled={!form.isDirty()} data-testid="save-user">
            {t('common.save')}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

function valuesOf({ first_name, last_name, email, role, departments, language }: User): UserValues {
  return { first_name, last_name, email, role: role as Role, departments, language: isLanguage(language) ? language : 'en' }
}

/** Only what was changed is sent: other fields may need more rights. */
function changed(before: UserValues, after: UserValues): Partial<UserValues> {
  const fields = Object.entries(after).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(before[name as keyof UserValues]))
  return Object.fromEntries(fields)
}
