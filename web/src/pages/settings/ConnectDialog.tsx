import { Button, Checkbox, Group, PasswordInput, SegmentedControl, Stack, Text, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type NewCalendar, api, call } from '../../api/client'
import { Dialog } from '../ui/Dialog'
import { Fault } from '../ui/Fault'
import { tell } from '../ui/tell'
import { useFormMutation } from '../ui/useFormMutation'
import { connectFaults, connectProblem } from './calendarFaults'

interface Props {
  opened: boolean
  onClose: () => void
  onConnected: () => unknown
}

/** Connects a calendar elsewhere: a subscription, a CalDAV server, or Microsoft 365. */
export function ConnectDialog({ opened, ...rest }: Props) {
  const { t } = useTranslation('app')
  return (
    <Dialog opened={opened} onClose={rest.onClose} title={t('calendars.add')}>
      <Connect {...rest} />
    </Dialog>
  )
}

const KINDS = ['ics', 'caldav', 'graph'] as const
type Kind = (typeof KINDS)[number]

/** What each kind is connected with, in the order of the form. The rest may stay empty. */
const FIELDS = {
  ics: ['url', 'user', 'password', 'name'],
  caldav: ['url', 'user', 'password', 'name'],
  graph: ['client_id', 'client_secret', 'refresh_token', 'directory', 'name'],
} as const
type Field = (typeof FIELDS)[Kind][number]

const NEEDED: Record<Kind, readonly Field[]> = { ics: ['url'], caldav: ['url', 'user', 'password'], graph: ['client_id', 'refresh_token'] }
const SECRET: readonly Field[] = ['password', 'client_secret', 'refresh_token']
const LABELS = { url: 'url', user: 'user', password: 'password', name: 'name', client_id: 'clientId', client_secret: 'clientSecret', refresh_token: 'refreshToken', directory: 'directory' } as const
const EMPTY: Record<Field, string> = { url: '', user: '', password: '', name: '', client_id: '', client_secret: '', refresh_token: '', directory: '' }

function Connect({ onClose, onConnected }: Omit<Props, 'opened'>) {
  const { t } = useTranslation('app')
  const [kind, setKind] = useState<Kind>('ics')
  const [chosen, setChosen] = useState<string[]>()
  const form = useForm({ initialValues: EMPTY })
  const fields: readonly Field[] = FIELDS[kind]
  const request = (values: Record<Field, string>): NewCalendar => {
    const filled = fields.flatMap((field) => (values[field] === '' ? [] : [[field, SECRET.includes(field) ? values[field] : values[field].trim()]]))
    return { kind, ...(Object.fromEntries(filled) as Partial<Record<Field, string>>), ...(kind === 'caldav' && chosen && { calendars: chosen }) }
  }
  const faults: typeof connectFaults = (texts, error) => connectFaults(texts, error, fields)
  const connect = useFormMutation(
    form,
    (values: typeof EMPTY) => call(() => api.POST('/api/v1/me/calendars', { body: request(values) })),
    async ({ name }) => {
      await onConnected()
      tell(t('calendars.connected', { name }))
      onClose()
    },
    faults,
  )
  const find = useMutation({
    mutationFn: () => call(() => api.POST('/api/v1/me/calendars/discover', { body: request(form.getValues()) })),
    onSuccess: ({ items }) => setChosen(items.map(({ path }) => path)),
    onError: (error) => form.setErrors(faults(t, error, fields)),
  })
  const forget = () => {
    form.clearErrors()
    connect.reset()
    find.reset()
    setChosen(undefined)
  }
  const problem = connectProblem(connect.fault ?? find.error)
  const fault = connect.fault ?? (find.error && Object.keys(form.errors).length === 0 ? find.error : undefined)
  const needs = (field: Field) => NEEDED[kind].includes(field)
  const complete = NEEDED[kind].every((field) => form.values[field].trim() !== '')
  const help: Partial<Record<Field, string>> = {
    url: t(kind === 'ics' ? 'calendars.icsHelp' : 'calendars.caldavHelp'),
    client_id: t('calendars.graphHelp'),
    directory: t('calendars.directoryHelp'),
    name: t('calendars.nameHelp'),
    ...(kind === 'ics' && { user: t('calendars.protected') }),
    password: t('calendars.sealed'),
    refresh_token: t('calendars.sealed'),
  }
  return (
    <form onSubmit={form.onSubmit(connect.submit)} noValidate data-testid="calendar-form">
      <Stack>
        <SegmentedControl
          aria-label={t('calendars.kind')}
          fullWidth
          value={kind}
          data={KINDS.map((value) => ({ value, label: t(`calendars.${value}`) }))}
          onChange={(value) => {
            setKind(value)
            forget()
          }}
          data-testid="calendar-kind"
        />
        {fields.map((field) => {
          const common = { key: `${kind} ${field}`, label: t(`calendars.${LABELS[field]}`), description: help[field], required: needs(field), 'data-testid': `calendar-${field}` }
          const { onChange, ...input } = form.getInputProps(field) as { value: string; onChange: (event: unknown) => void }
          const changed = (event: unknown) => {
            onChange(event)
            if (field !== 'name') setChosen(undefined) // they were those of another server or user
          }
          return SECRET.includes(field) ? (
            <PasswordInput {...common} {...input} onChange={changed} key={common.key} autoComplete="off" aria-invalid={form.errors[field] !== undefined} visibilityToggleButtonProps={{ 'aria-label': t('signin.showPassword') }} />
          ) : (
            <TextInput {...common} {...input} onChange={changed} key={common.key} type={field === 'url' ? 'url' : 'text'} autoComplete="off" />
          )
        })}
        {kind === 'caldav' &&
          (find.data && chosen ? (
            <Checkbox.Group label={t('calendars.which')} description={t('calendars.found', { count: find.data.items.length })} value={chosen} onChange={setChosen} error={chosen.length === 0 && t('calendars.whichNone')}>
              <Stack gap="xs" mt="xs">
                {find.data.items.map(({ path, name }) => (
                  <Checkbox key={path} value={path} label={name || path} data-testid="found-calendar" />
                ))}
              </Stack>
            </Checkbox.Group>
          ) : (
            <Group>
              <Button variant="default" disabled={!complete} loading={find.isPending} onClick={() => find.mutate()} data-testid="find-calendars">
                {t('calendars.choose')}
              </Button>
            </Group>
          ))}
        {problem && fault ? (
          <Text size="sm" c="var(--mantine-color-error)" role="alert" data-testid="calendar-fault">
            {t(`calendarFault.${problem}`)}
          </Text>
        ) : (
          <Fault error={fault} />
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t('common.cancel')}
          </Button>
          <Button type="submit" disabled={!complete || chosen?.length === 0} loading={connect.pending} data-testid="connect-calendar">
            {t('calendars.connect')}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
