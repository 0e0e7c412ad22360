import { Alert, Button, Checkbox, Group, SimpleGrid, Stack, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, call } from '../../api/client'
import { CopyableText } from '../ui/CopyableText'
import { Dialog } from '../ui/Dialog'
import { endOfDay, today } from '../ui/days'
import { Fault } from '../ui/Fault'
import { useFormMutation } from '../ui/useFormMutation'

/** What keys can be made for (access.Scopes). */
const SCOPES = [
  'users:read',
  'users:write',
  'meetings:read',
  'meetings:write',
  'rooms:read',
  'rooms:write',
  'events:read',
  'settings:write',
  'webhooks:write',
  'audit:read',
] as const

interface Props {
  opened: boolean
  onClose: () => void
  onMade: () => void
}

/** Makes a key and shows its secret, once. */
export function NewKeyDialog({ opened, onClose, onMade }: Props) {
  const { t } = useTranslation('app')
  const [secret, setSecret] = useState<string>()
  const made = (told: string) => {
    setSecret(told)
    onMade()
  }
  const held = secret !== undefined
  return (
    <Dialog
      opened={opened}
      onClose={onClose}
      onExitTransitionEnd={() => setSecret(undefined)}
      title={t('keys.add')}
      closeOnClickOutside={!held}
      closeOnEscape={!held}
    >
      {held ? <Secret secret={secret} onClose={onClose} /> : <KeyForm onMade={made} />}
    </Dialog>
  )
}

function KeyForm({ onMade }: { onMade: (secret: string) => void }) {
  const { t } = useTranslation('app')
  const form = useForm<{ name: string; scopes: string[]; expires: string }>({
    initialValues: { name: '', scopes: [], expires: '' },
    validate: { scopes: (scopes) => (scopes.length > 0 ? null : t('keys.noScope')) },
  })
  const make = useFormMutation(
    form,
    ({ name, scopes, expires }) => call(() => api.POST('/api/v1/api-keys', { body: { name: name.trim(), scopes, ...(expires && { expires: endOfDay(expires) }) } })),
    ({ secret }) => onMade(secret),
  )
  return (
    <form onSubmit={form.onSubmit(make.submit)}>
      <Stack>
        <TextInput label={t('keys.name')} description={t('keys.nameHelp')} required maxLength={100} data-autofocus {...form.getInputProps('name')} />
        <Checkbox.Group label={t('keys.scopes')} required {...form.getInputProps('scopes')}>
          <SimpleGrid cols={2} mt="xs" spacing="xs">
            {SCOPES.map((scope) => (
              <Checkbox key={scope} value={scope} label={scope} />
            ))}
          </SimpleGrid>
        </Checkbox.Group>
        <TextInput label={t('keys.expiry')} description={t('keys.expiryHelp')} type="date" min={today()} {...form.getInputProps('expires')} />
        <Fault error={make.fault} />
        <Group justify="flex-end">
          <Button type="submit" loading={make.pending} data-testid="make-key">
            {t('keys.add')}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

function Secret({ secret, onClose }: { secret: string; onClose: () => void }) {
  const { t } = useTranslation('app')
  return (
    <Stack>
      <Alert color="orange" role="status">
        {t('keys.once')}
      </Alert>
      <CopyableText value={secret} label={t('keys.secret')} />
      <Group justify="flex-end">
        <Button onClick={onClose} data-autofocus>
          {t('keys.done')}
        </Button>
      </Group>
    </Stack>
  )
}
