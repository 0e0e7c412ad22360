import { Alert, Button, Group, Modal, Stack, Text, TextInput, Title } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, call } from '../../api/client'
import { keys } from '../../api/keys'
import { type LanguageCode, isLanguage } from '../../i18n/languages'
import { Fault } from '../ui/Fault'
import { LanguageSelect } from '../ui/LanguageSelect'
import { useFormMutation } from '../ui/useFormMutation'
import { GuestLinks } from './GuestLinks'
import { detailsQuery } from './queries'

/** Invites people from outside by mail, each with a link for that person alone, and looks after these links. */
export function GuestDialog({ meeting, opened, onClose }: { meeting: string; opened: boolean; onClose: () => void }) {
  const { t } = useTranslation('meetings')
  const common = useTranslation().t
  return (
    <Modal opened={opened} onClose={onClose} title={t('host.invite')} closeButtonProps={{ 'aria-label': common('close') }} centered>
      <Guests meeting={meeting} />
    </Modal>
  )
}

function Guests({ meeting }: { meeting: string }) {
  const { t } = useTranslation('meetings')
  const guests = useQuery(detailsQuery(meeting)).data?.guests ?? []
  const [told, setTold] = useState<string>()
  return (
    <Stack data-testid="guests">
      <Invite meeting={meeting} onTell={setTold} />
      <div role="status">{told && <Alert style={{ overflowWrap: 'anywhere' }} data-testid="guest-told">{told}</Alert>}</div>
      {guests.length > 0 && (
        <section>
          <Title order={3} size="h6" mb={4}>
            {t('guestLink.title')}
          </Title>
          <GuestLinks meeting={meeting} guests={guests} onTell={setTold} />
        </section>
      )}
    </Stack>
  )
}

function Invite({ meeting, onTell }: { meeting: string; onTell: (text: string) => void }) {
  const { t, i18n } = useTranslation('meetings')
  const client = useQueryClient()
  const usual: LanguageCode = isLanguage(i18n.language) ? i18n.language : 'en'
  const form = useForm({ initialValues: { email: '', name: '', language: usual } })
  const send = useFormMutation(
    form,
    ({ email, name, language }) =>
      call(() => api.POST('/api/v1/meetings/{id}/guests', { params: { path: { id: meeting } }, body: { email: email.trim(), ...(name.trim() && { name: name.trim() }), language } })),
    (_, { email, language }) => {
      void client.invalidateQueries({ queryKey: keys.meetings })
      onTell(t('guestLink.invited', { email: email.trim() }))
      form.setValues({ email: '', name: '', language })
    },
  )
  return (
    <form onSubmit={form.onSubmit(send.submit)}>
      <Stack>
        <Text size="sm" c="dimmed">
          {t('guest.text')}
        </Text>
        <TextInput type="email" label={t('guest.email')} required maxLength={254} data-autofocus {...form.getInputProps('email')} data-testid="invite-email" />
        <TextInput label={t('guest.name')} maxLength={80} {...form.getInputProps('name')} data-testid="invite-name" />
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
