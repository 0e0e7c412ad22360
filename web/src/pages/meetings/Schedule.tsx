import { Alert, Button, Group, NativeSelect, Select, SimpleGrid, Stack, Switch, Text, TextInput, Textarea } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useLocation, useSearch } from 'wouter'
import { api, call, match } from '../../api/client'
import { keys } from '../../api/keys'
import { hasCode } from '../../api/problem'
import { settingsQuery, useFeature } from '../../api/queries'
import { Fault } from '../ui/Fault'
import { Loaded } from '../ui/Loaded'
import { Page } from '../ui/Page'
import { Section } from '../ui/Section'
import { tell } from '../ui/tell'
import { useFormMutation } from '../ui/useFormMutation'
import { useFresh } from '../ui/useFresh'
import { GuestFields } from './GuestFields'
import { PeoplePicker } from './PeoplePicker'
import { detailsQuery } from './queries'
import { RecurrenceFields } from './RecurrenceFields'
import { type Values, newValues, occurrenceOf, requestOf, valuesOf } from './scheduleValues'
import { instantOf, ownZone, sameClocks, zones } from './times'
import type { Meeting } from './types'
import { useTimes } from './useTimes'

const DURATIONS = [15, 30, 45, 60, 90, 120, 180, 240, 480]

/** Plans a meeting. */
export function NewMeeting() {
  const { t } = useTranslation('meetings')
  const settings = useQuery(settingsQuery)
  return (
    <Page title={t('schedule.title')}>
      <Loaded query={settings}>{({ data }) => <Form initial={newValues(new Date(), ownZone(), data)} />}</Loaded>
    </Page>
  )
}

/** Changes a meeting, a series or one of it. */
export function EditMeeting({ id }: { id: string }) {
  const { t } = useTranslation('meetings')
  const at = new URLSearchParams(useSearch()).get('at') ?? undefined
  const query = useFresh(detailsQuery(id))
  // What events bring meanwhile does not wipe out what was typed: the server says so when it is saved.
  const [kept, setKept] = useState<Meeting>()
  if (kept === undefined && query.data) setKept(query.data)
  return (
    <Page title={at ? t('schedule.editOne') : t('schedule.edit')}>
      <Loaded query={{ ...query, data: kept }}>
        {(meeting) => <Form key={meeting.version} meeting={meeting} occurrence={at} initial={valuesOf(meeting, at)} onRenew={() => void query.refetch().then(({ data }) => setKept(data))} />}
      </Loaded>
    </Page>
  )
}

interface Props {
  initial: Values
  meeting?: Meeting
  occurrence?: string | undefined
  /** Begins again with the meeting as it is now. */
  onRenew?: () => void
}

function Form({ initial, meeting, occurrence, onRenew }: Props) {
  const { t } = useTranslation('meetings')
  const times = useTimes()
  const client = useQueryClient()
  const [, go] = useLocation()
  const withGuests = useFeature('guests')
  const [allZones] = useState(() => zones(initial.zone))
  const form = useForm<Values>({
    initialValues: initial,
    validate: { subject: (subject) => (subject.trim() ? null : t('schedule.noSubject')) },
  })
  const v = form.values
  // The server calls the time by another name.
  const named = {
    getValues: () => ({ ...form.getValues(), start_local: '' }),
    setErrors: (faults: unknown) => {
      const { start_local: time, ...rest } = faults as Record<string, string>
      form.setErrors({ ...rest, ...(time && { time }) })
    },
  }
  const save = useFormMutation(
    named,
    () => send(v, meeting, occurrence),
    (saved) => {
      void client.invalidateQueries({ queryKey: keys.meetings })
      tell(meeting ? t('schedule.saved') : t('schedule.done'))
      go(`/meetings?${new URLSearchParams({ id: saved.id, ...(occurrence && { at: occurrence }) }).toString()}`)
    },
  )
  const start = v.date && v.time && v.zone ? instantOf(`${v.date}T${v.time}`, v.zone) : undefined
  const elsewhere = start && !sameClocks(start, v.zone, ownZone())
  const series = occurrence === undefined
  return (
    <form onSubmit={form.onSubmit(() => save.submit({ ...v, start_local: '' }))} data-testid="schedule-form" noValidate>
      <Stack gap="lg">
        <Section title={t('schedule.what')}>
          <TextInput label={t('schedule.subject')} required maxLength={200} {...form.getInputProps('subject')} data-testid="subject" />
          <Textarea label={t('schedule.description')} autosize minRows={2} maxRows={8} maxLength={4000} {...form.getInputProps('description')} />
        </Section>
        <Section title={t('schedule.when')}>
          <SimpleGrid cols={{ base: 1, xs: 3 }}>
            <TextInput type="date" label={t('schedule.date')} required {...form.getInputProps('date')} />
            <TextInput type="time" label={t('schedule.time')} required {...form.getInputProps('time')} />
            <NativeSelect
              label={t('schedule.duration')}
              value={String(v.duration)}
              data={[...new Set([...DURATIONS, v.duration])].sort((a, b) => a - b).map((minutes) => ({ value: String(minutes), label: times.duration(minutes) }))}
              onChange={({ currentTarget }) => form.setFieldValue('duration', Number(currentTarget.value))}
              error={form.errors.duration}
            />
          </SimpleGrid>
          {series && (
            <Select
              label={t('schedule.zone')}
              data={allZones}
              searchable
              allowDeselect={false}
              limit={100}
              nothingFoundMessage={t('schedule.noZone')}
              {...form.getInputProps('zone')}
            />
          )}
          {start && elsewhere && (
            <Text size="sm" c="dimmed" aria-live="polite">
              {t('schedule.forYou', { time: times.own.moment(start) })}
            </Text>
          )}
          {series && (
            <>
              {v.otherRule && (
                <Alert color="gray" title={t('repeat.other')}>
                  {t('repeat.otherText')}
                </Alert>
              )}
              <RecurrenceFields date={v.date} value={v.recurrence} onChange={(recurrence) => form.setValues({ recurrence, otherRule: '' })} />
              {form.errors.recurrence && (
                <Text size="sm" c="red" role="alert">
                  {form.errors.recurrence}
                </Text>
              )}
            </>
          )}
        </Section>
        {series && (
          <>
            <Section title={t('schedule.people')}>
              <PeoplePicker withRoles picked={v.people} onChange={(people) => form.setFieldValue('people', people)} />
            </Section>
            {withGuests && (
              <Section title={t('guest.title')} text={t('guest.text')}>
                <GuestFields guests={v.guests} onChange={(guests) => form.setFieldValue('guests', guests)} />
                {form.errors.guests && (
                  <Text size="sm" c="red" role="alert">
                    {form.errors.guests}
                  </Text>
                )}
              </Section>
            )}
            <Section title={t('schedule.door')}>
              <Switch label={t('schedule.public')} description={t('schedule.publicHelp')} {...form.getInputProps('public', { type: 'checkbox' })} />
              <Switch label={t('schedule.lobby')} description={t('schedule.lobbyHelp')} {...form.getInputProps('lobby', { type: 'checkbox' })} />
              <Switch label={t('schedule.mute')} description={t('schedule.muteHelp')} {...form.getInputProps('mute', { type: 'checkbox' })} />
            </Section>
          </>
        )}
        <Fault error={save.fault} instead={{ version: t('schedule.conflict'), not_found: t('schedule.gone') }} />
        {hasCode(save.error, 'version') && (
          <Button variant="default" onClick={onRenew} data-testid="show-new">
            {t('schedule.showNew')}
          </Button>
        )}
        <Group justify="flex-end">
          <Button
            variant="default"
            onClick={() => {
              form.reset()
              save.reset()
            }}
          >
            {t('schedule.reset')}
          </Button>
          <Button type="submit" loading={save.pending} data-testid="save">
            {meeting ? t('schedule.save') : t('schedule.do')}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

function send(v: Values, meeting: Meeting | undefined, occurrence: string | undefined): Promise<Meeting> {
  if (!meeting) return call(() => api.POST('/api/v1/meetings', { body: { kind: 'scheduled', ...requestOf(v) } }))
  const { id, version } = meeting
  const header = match(version)
  if (occurrence === undefined) return call(() => api.PATCH('/api/v1/meetings/{id}', { params: { path: { id }, header }, body: requestOf(v) }))
  return call(() => api.PATCH('/api/v1/meetings/{id}/occurrences/{original}', { params: { path: { id, original: occurrence }, header }, body: occurrenceOf(v) }))
}
