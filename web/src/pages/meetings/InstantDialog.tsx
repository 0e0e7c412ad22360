import { Button, Group, Stack, Switch, Text, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, call } from '../../api/client'
import { useMe } from '../../api/queries'
import { goToDoor, seatOf } from '../../entry/meetingSeat'
import { Dialog } from '../ui/Dialog'
import { Fault } from '../ui/Fault'
import { GuestFields } from './GuestFields'
import { PeoplePicker } from './PeoplePicker'
import type { Picked } from './picked'
import type { NewGuest } from './types'

/** Begins a meeting now, with who is picked. */
export function InstantDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation('meetings')
  return (
    <Dialog opened={opened} onClose={onClose} title={t('instant.open')} size="lg">
      <Instant />
    </Dialog>
  )
}

function Instant() {
  const { t } = useTranslation('meetings')
  const me = useMe()
  const [subject, setSubject] = useState('')
  const [picked, setPicked] = useState<Picked[]>([])
  const [guests, setGuests] = useState<NewGuest[]>([])
  const [open, setOpen] = useState(false)
  const start = useMutation({
    mutationFn: async () => {
      const name = me.name || me.email
      const body = { kind: 'instant' as const, subject: subject.trim() || t('instant.subject', { name }), participants: picked.map(({ id }) => id), guests, public: open }
      const { id } = await call(() => api.POST('/api/v1/meetings', { body }))
      const ticket = await call(() => api.POST('/api/v1/meetings/{id}/join', { params: { path: { id } } }))
      goToDoor(seatOf(ticket, { path: `/api/v1/meetings/${encodeURIComponent(id)}/join` }, true))
    },
  })
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        start.mutate()
      }}
    >
      <Stack>
        <TextInput label={t('schedule.subject')} placeholder={t('instant.subject', { name: me.name || me.email })} maxLength={200} value={subject} onChange={({ currentTarget }) => setSubject(currentTarget.value)} data-autofocus />
        <PeoplePicker picked={picked} onChange={setPicked} />
        {me.features.includes('guests') && (
          <div>
            <Text size="sm" fw={600} mb={4}>
              {t('guest.title')}
            </Text>
            <GuestFields brief guests={guests} onChange={setGuests} />
          </div>
        )}
        <Switch label={t('schedule.public')} description={t('schedule.publicHelp')} checked={open} onChange={({ currentTarget }) => setOpen(currentTarget.checked)} />
        <Fault error={start.error} />
        <Group justify="space-between">
          <Button
            variant="default"
            disabled={picked.length + guests.length === 0}
            onClick={() => {
              setPicked([])
              setGuests([])
            }}
          >
            {t('pick.removeAll')}
          </Button>
          <Button type="submit" loading={start.isPending} data-testid="start-now">
            {t('join.start')}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
