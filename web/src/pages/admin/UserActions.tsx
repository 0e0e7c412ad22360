import { Button, Group } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type User, api, call, match } from '../../api/client'
import { keys } from '../../api/keys'
import { useMe } from '../../api/queries'
import { ConfirmDialog } from '../ui/ConfirmDialog'
import { Fault } from '../ui/Fault'
import { tell } from '../ui/tell'

interface Props {
  user: User
  onChanged: () => Promise<void>
  onClose: () => void
}

type Question = 'factor' | 'deactivate' | 'delete'

/** What can be done about an account besides changing its fields. */
export function UserActions({ user, onChanged, onClose }: Props) {
  const { t } = useTranslation('app')
  const client = useQueryClient()
  const self = useMe().id === user.id
  const [question, setQuestion] = useState<Question>()
  const params = { path: { id: user.id } }
  const name = user.name || user.email
  const refresh = () => client.invalidateQueries({ queryKey: keys.users })
  const setActive = (active: boolean) => call(() => api.PATCH('/api/v1/users/{id}', { params: { ...params, header: match(user.version) }, body: { active } }))
  const link = useMutation({
    mutationFn: () => call(() => api.POST('/api/v1/users/{id}/password-link', { params })),
    onSuccess: () => tell(t('users.linkSent', { email: user.email })),
  })
  const activate = useMutation({
    mutationFn: () => setActive(true),
    onSuccess: async () => {
      await Promise.all([refresh(), onChanged()])
    },
  })
  const answers: Record<Question, { title: string; text: string; act: () => Promise<unknown> }> = {
    factor: {
      title: t('users.resetFactor'),
      text: t('users.resetFactorText', { name }),
      act: async () => {
        await call(() => api.DELETE('/api/v1/users/{id}/second-factor', { params }))
        await Promise.all([refresh(), onChanged()])
      },
    },
    deactivate: {
      title: t('users.deactivate'),
      text: t('users.deactivateText', { name }),
      act: async () => {
        await setActive(false)
        await Promise.all([refresh(), onChanged()])
      },
    },
    delete: {
      title: t('users.delete'),
      text: t('users.deleteText', { name }),
      act: async () => {
        await call(() => api.DELETE('/api/v1/users/{id}', { params }))
        await refresh()
        tell(t('users.deleted', { name }))
        onClose()
      },
    },
  }
  const asked = question && answers[question]
  return (
    <>
      <Group gap="xs">
        {!user.sso && (
          <Button variant="default" size="sm" loading={link.isPending} onClick={() => link.mutate()}>
            {t('users.sendLink')}
          </Button>
        )}
        {user.second_factor && !self && (
          <Button variant="default" size="sm" onClick={() => setQuestion('factor')}>
            {t('users.resetFactor')}
          </Button>
        )}
        {!self && user.active && (
          <Button variant="default" size="sm" onClick={() => setQuestion('deactivate')}>
            {t('users.deactivate')}
          </Button>
        )}
        {!user.active && (
          <Button variant="default" size="sm" loading={activate.isPending} onClick={() => activate.mutate()}>
            {t('users.activate')}
          </Button>
        )}
        {!self && (
          <Button variant="outline" color="red" size="sm" onClick={() => setQuestion('delete')} data-testid="delete-user">
            {t('users.delete')}
          </Button>
        )}
      </Group>
      <Fault error={link.error ?? activate.error} instead={{ conflict: t('users.noLink') }} />
      <ConfirmDialog
        opened={asked !== undefined}
        title={asked?.title ?? ''}
        text={asked?.text ?? ''}
        action={asked?.title ?? ''}
        onConfirm={asked?.act ?? (() => Promise.resolve())}
        onClose={() => setQuestion(undefined)}
      />
    </>
  )
}
