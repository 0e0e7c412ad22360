import { Alert, Loader, TextInput, type TextInputProps } from '@mantine/core'
import { IconCheck } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type KeyboardEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, call } from '../../api/client'
import { keys } from '../../api/keys'
import { fieldFaults, problemText } from '../../api/problem'

interface Props extends Omit<TextInputProps, 'value' | 'onChange' | 'onBlur' | 'onKeyDown' | 'error' | 'rightSection'> {
  field: 'first_name' | 'last_name' | 'email'
  /** As the server has it. */
  value: string
}

/**
 * A field of one's own profile that is saved when focus leaves it, or by Enter; Escape puts the old
 * value back. If the server refuses, what was typed stays with the reason, and the old value counts.
 */
export function SavedField({ field, value, ...rest }: Props) {
  const { t } = useTranslation('app')
  const client = useQueryClient()
  const [draft, setDraft] = useState<string>()
  const save = useMutation({
    mutationFn: (text: string) => call(() => api.PATCH('/api/v1/me', { body: { [field]: text } })),
    onSuccess: (me) => {
      client.setQueryData(keys.me, me)
      setDraft(undefined)
    },
  })
  // A new address is taken once the mail to it was answered.
  const mailed = save.isSuccess && field === 'email' && save.data.email.toLowerCase() !== save.variables.toLowerCase() ? save.variables : undefined

  const leave = () => {
    const text = draft?.trim()
    if (text === undefined || save.isPending) return
    if (text === value) {
      setDraft(undefined)
      save.reset()
    } else save.mutate(text)
  }
  const keyed = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key === 'Enter') event.currentTarget.blur()
    if (event.key === 'Escape') {
      setDraft(undefined)
      save.reset()
    }
  }
  const error = save.error ? (fieldFaults(t, save.error, [field])[field] ?? problemText(t, save.error)) : undefined
  return (
    <>
      <TextInput
        {...rest}
        value={draft ?? value}
        error={error && t('profile.kept', { error, value: value || t('common.empty') })}
        onChange={({ currentTarget }) => {
          setDraft(currentTarget.value)
          if (!save.isIdle && !save.isPending) save.reset()
        }}
        onBlur={leave}
        onKeyDown={keyed}
        data-testid={`profile-${field}`}
        rightSection={save.isPending ? <Loader size="xs" /> : save.isSuccess && !mailed ? <Saved /> : null}
      />
      {mailed && (
        <Alert color="blue" role="status">
          {t('profile.mailed', { email: mailed })}
        </Alert>
      )}
    </>
  )
}

function Saved() {
  const { t } = useTranslation('app')
  return (
    <span role="status" aria-label={t('common.saved')} data-testid="saved">
      <IconCheck size={18} color="var(--speaking)" aria-hidden display="block" />
    </span>
  )
}
