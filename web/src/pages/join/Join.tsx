import { Anchor, Button, Divider, Group, Stack, Text, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useMutation, useQuery } from '@tanstack/react-query'
import { type SyntheticEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useLocation } from 'wouter'
import { type Me, api, call } from '../../api/client'
import { hasCode } from '../../api/problem'
import { meQuery } from '../../api/queries'
import { type Way, goToDoor, seatOf } from '../../entry/meetingSeat'
import { keepName, readName } from '../../entry/name'
import { StatusBadge } from '../meetings/MeetingList'
import { spaced, wantedIn } from '../meetings/number'
import { type Card, statusOf } from '../meetings/types'
import { TermsDialog } from '../shell/TermsDialog'
import { signInFor } from '../sign/destination'
import { SignFrame } from '../sign/SignFrame'
import { Fault, retryAt } from '../ui/Fault'
import { Waiting } from '../ui/Loaded'
import { PersonAvatar } from '../ui/PersonAvatar'
import { useFormMutation } from '../ui/useFormMutation'
import { useSecondsUntil } from '../ui/useSecondsUntil'
import { takeGuest } from './guestToken'

/** Where one types the number of a meeting. */
export function JoinByNumber() {
  const { t } = useTranslation('meetings')
  const [, go] = useLocation()
  const [text, setText] = useState('')
  const [bad, setBad] = useState(false)
  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    const wanted = wantedIn(text)
    if (wanted) go(`/m/${wanted.number}${wanted.guest ? `#${wanted.guest}` : ''}`)
    else setBad(true)
  }
  return (
    <SignFrame title={t('enter.title')} text={t('enter.text')}>
      <form onSubmit={submit} noValidate>
        <Stack>
          <TextInput
            label={t('enter.number')}
            autoComplete="off"
            autoFocus
            value={text}
            error={bad ? t('enter.badNumber') : undefined}
            onChange={({ currentTarget }) => {
              setText(currentTarget.value)
              setBad(false)
            }}
            data-testid="number"
          />
          <Button type="submit">{t('enter.find')}</Button>
        </Stack>
      </form>
    </SignFrame>
  )
}

/** Where the link of a meeting leads. */
export function JoinMeeting({ number }: { number: string }) {
  const { t } = useTranslation('meetings')
  const [guest] = useState(() => takeGuest(number))
  const me = useQuery(meQuery)
  const card = useQuery({
    queryKey: ['card', number], // not of one's own meetings: events do not touch it
    queryFn: () => call(() => api.GET('/api/v1/join/{number}', { params: { path: { number } } })),
    staleTime: 300_000, // each look may count as a guess
  })
  const outside = hasCode(me.error, 'unauthenticated')
  const user = me.data
  const fault = card.error ?? (outside ? undefined : me.error)
  return (
    <SignFrame title={titleOf(card.data, t('enter.meeting'))}>
      {card.data && <About card={card.data} />}
      {fault && <NotFound error={fault} onRetry={() => void (card.error ? card.refetch() : me.refetch())} />}
      {!fault && (!card.data || (!user && !outside)) && <Waiting />}
      {card.data && user && <AsUser me={user} number={number} guest={guest} />}
      {card.data && outside && <AsGuest number={number} guest={guest} />}
      {user && <TermsDialog due={user.terms_due} />}
    </SignFrame>
  )
}

/** Strangers are not told what a private meeting is about. */
function titleOf(card: Card | undefined, usual: string): string {
  return card !== undefined && card.subject !== '' ? card.subject : usual
}

function About({ card }: { card: Card }) {
  const { t } = useTranslation('meetings')
  const status = statusOf(card)
  return (
    <div>
      <Text>{t('enter.host', { name: card.host })}</Text>
      <Group gap="sm" mt={4}>
        <Text c="dimmed" size="sm" style={{ fontVariantNumeric: 'tabular-nums' }}>
          {spaced(card.number)}
        </Text>
        <StatusBadge status={status} />
      </Group>
    </div>
  )
}

function NotFound({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const { t } = useTranslation('meetings')
  const wrong = hasCode(error, 'not_found') || hasCode(error, 'invalid')
  return (
    <>
      <Fault error={error} instead={{ not_found: t('enter.wrongNumber'), invalid: t('enter.wrongNumber'), busy: t('enter.guessed') }} {...(!wrong && { onRetry })} />
      <Anchor component={Link} href="/join" size="sm">
        {t('enter.another')}
      </Anchor>
    </>
  )
}

/** What the server says at the door, in the words of this page. */
function useDoorTexts() {
  const { t } = useTranslation('meetings')
  return { wrong: t('enter.wrongPasscode'), busy: t('enter.guessed'), not_found: t('enter.wrongNumber'), gone: t('enter.linkGone'), forbidden: t('join.refused') }
}

interface Props {
  number: string
  guest: string | undefined
}

async function enter(body: Record<string, string>, user: boolean): Promise<void> {
  const way: Way = { path: '/api/v1/join', body }
  goToDoor(seatOf(await call(() => api.POST('/api/v1/join', { body })), way, user))
}

function AsUser({ me, number }: Props & { me: Me }) {
  const { t } = useTranslation('meetings')
  const texts = useDoorTexts()
  const join = useMutation({ mutationFn: () => enter({ number }, true) })
  const wait = useSecondsUntil(retryAt(join.error)) > 0
  return (
    <Stack>
      <Fault error={join.error} instead={texts} />
      <Group gap="sm" wrap="nowrap">
        <PersonAvatar person={me} size={40} />
        <Text style={{ overflowWrap: 'anywhere' }}>{me.name || me.email}</Text>
      </Group>
      <Button fullWidth loading={join.isPending} disabled={wait} onClick={() => join.mutate()} autoFocus data-testid="join-as">
        {t('enter.as', { name: me.name || me.email })}
      </Button>
    </Stack>
  )
}

function AsGuest({ number, guest }: Props) {
  const { t } = useTranslation('meetings')
  const texts = useDoorTexts()
  const [useLink, setUseLink] = useState(guest !== undefined)
  const form = useForm({
    initialValues: { name: readName(), passcode: '' },
    // A personal link has a name of its own.
    validate: { name: (name) => (name.trim() || useLink ? null : t('enter.noName')) },
  })
  const join = useFormMutation(
    form,
    async ({ name, passcode }) => {
      if (name.trim()) keepName(name.trim())
      await enter(
        {
          ...(name.trim() && { name: name.trim() }),
          number,
          ...(useLink && guest && { guest_token: guest }),
          ...(passcode.trim() && { passcode: passcode.trim() }),
        },
        false,
      )
    },
    () => undefined,
  )
  const wait = useSecondsUntil(retryAt(join.error)) > 0
  const linkGone = useLink && hasCode(join.error, 'gone')
  return (
    <form onSubmit={form.onSubmit(join.submit)} noValidate data-testid="join-form">
      <Stack>
        {useLink && <Text size="sm">{t('enter.personal')}</Text>}
        <TextInput label={t('enter.name')} autoComplete="name" autoFocus maxLength={80} required={!useLink} {...form.getInputProps('name')} data-testid="guest-name" />
        {!useLink && <TextInput label={t('enter.passcode')} description={t('enter.passcodeHelp')} inputMode="numeric" autoComplete="off" maxLength={20} {...form.getInputProps('passcode')} data-testid="passcode" />}
        <Fault error={join.fault} instead={texts} />
        {linkGone && (
          <Button
            variant="default"
            onClick={() => {
              setUseLink(false)
              join.reset()
            }}
          >
            {t('enter.withoutLink')}
          </Button>
        )}
        <Button type="submit" loading={join.pending} disabled={wait || linkGone} data-testid="join-guest">
          {t('join.join')}
        </Button>
        <Divider label={t('enter.or')} />
        <Anchor component={Link} href={signInFor(`/m/${number}`)} size="sm" ta="center">
          {t('enter.signin')}
        </Anchor>
      </Stack>
    </form>
  )
}
