import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useTranslation } from 'react-i18next'
import { type LanguageCode, isLanguage } from '../../i18n/languages'
import { Fault } from '../../pages/ui/Fault'
import { LanguageSelect } from '../../pages/ui/LanguageSelect'
import { useFormMutation } from '../../pages/ui/useFormMutation'

interface Props {
  opened: boolean
  invite: (guest: { email: string; name?: string; language?: string }) => Promise<unknown>
  onTell: (text: string) => void
  onClose: () => void
}

/** Invites somebody from outside by mail, with a link that is for that person alone. */
export function InviteGuest({ opened, ...rest }: Props) {
  const { t } = useTranslation('meetings')
  const common = useTranslation().t
  return (
    <Modal opened={opened} onClose={rest.onClose} title={t('host.invite')} closeButtonProps={{ 'aria-label': common('close') }} centered>
      <Form {...rest} />
    </Modal>
  )
}

function Form({ invite, onTell, onClose }: Omit<Props, 'opened'>) {
  const { t, i18n } = useTranslation('meetings')
  const usual: LanguageCode = isLanguage(i18n.language) ? i18n.language : 'en'
  const form = useForm({ initialValues: { email: '', name: '', language: usual } })
  const send = useFormMutation(
    form,
    ({ email, name, language }) => invite({ email: email.trim(), ...(name.trim() && { name: name.trim() }), language }),
    (_, { email }) => {
      onTell(t('host.mailed', { email }))
      onClose()
    },
  )
  return (
    <form onSubmit={form.onSubmit(send.submit)}>
      <Stack>
        <Text size="sm" c="dimmed">
          {t('guest.text')}
        </Text>
        <TextInput type="email" label={t('guest.email')} required maxLength={254} data-autofocus {...form.getInputProps('email')} data-testid="invite-email" />
        <TextInput label={t('guest.name')} maxLength={80} {...form.getInputProps('name')} />
        <LanguageSelect label={t('guest.language')} value={form.values.language} onChange={(language) => form.setFieldValue('language', language)} />
        <Fault error={send.fault} />
        <Group justify="flex-end">
          <Button type="submit" loading={send.pending} data-testid="send-invite">
            {t('host.send')}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
