import { Button, Group, NativeSelect, Stack, Switch, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useTranslation } from 'react-i18next'
import { api, call } from '../../api/client'
import { Dialog } from '../ui/Dialog'
import { endOfDay, today } from '../ui/days'
import { Fault } from '../ui/Fault'
import { useFormMutation } from '../ui/useFormMutation'
import { FLAG_NAMES, type FlagName } from './flagNames'
import { UserSelect } from './UserSelect'

interface Props {
  opened: boolean
  onClose: () => void
  onDone: () => void
}

export function FlagDialog({ opened, onClose, onDone }: Props) {
  const { t } = useTranslation('app')
  return (
    <Dialog opened={opened} onClose={onClose} title={t('flags.add')}>
      <FlagForm onDone={onDone} />
    </Dialog>
  )
}

function FlagForm({ onDone }: Pick<Props, 'onDone'>) {
  const { t } = useTranslation('app')
  const form = useForm<{ name: FlagName; user: string; enabled: boolean; expires: string }>({
    initialValues: { name: 'labs', user: '', enabled: true, expires: '' },
    validate: { user: (user) => (user ? null : t('fault.missing')) },
  })
  const save = useFormMutation(
    form,
    ({ expires, ...flag }) => call(() => api.PUT('/api/v1/flags', { body: { ...flag, ...(expires && { expires: endOfDay(expires) }) } })),
    onDone,
  )
  return (
    <form onSubmit={form.onSubmit(save.submit)}>
      <Stack>
        <UserSelect label={t('flags.user')} required data-autofocus {...form.getInputProps('user')} />
        <NativeSelect label={t('flags.flag')} data={FLAG_NAMES.map((name) => ({ value: name, label: t(`flag.${name}`) }))} {...form.getInputProps('name')} />
        <Switch label={t('flags.enabled')} {...form.getInputProps('enabled', { type: 'checkbox' })} />
        <TextInput label={t('flags.expires')} description={t('flags.expiresHelp')} type="date" min={today()} {...form.getInputProps('expires')} />
        <Fault error={save.fault} />
        <Group justify="flex-end">
          <Button type="submit" loading={save.pending}>
            {t('common.save')}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
