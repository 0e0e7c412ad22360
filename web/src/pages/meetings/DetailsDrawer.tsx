import { Box, Button, Drawer, Group, Menu, Stack, Text, Title } from '@mantine/core'
import { type Icon, IconChevronDown, IconDoorEnter, IconPencil, IconTrash, IconUserPlus } from '@tabler/icons-react'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useLocation } from 'wouter'
import { type Me, match, api, call } from '../../api/client'
import { keys } from '../../api/keys'
import { useMe } from '../../api/queries'
import { ConfirmDialog } from '../ui/ConfirmDialog'
import { Loaded } from '../ui/Loaded'
import { PersonAvatar } from '../ui/PersonAvatar'
import { tell } from '../ui/tell'
import { CopyInvitation } from './CopyInvitation'
import classes from './DetailsDrawer.module.css'
import { GuestDialog } from './GuestDialog'
import { GuestLinks } from './GuestLinks'
import { useJoin } from './join'
import { StatusBadge } from './MeetingList'
import { spaced } from './number'
import { detailsQuery } from './queries'
import { Runs } from './Runs'
import { type Details, type Person, kindOf, statusOf } from './types'
import { useTimes } from './useTimes'

interface Props {
  id: string | undefined
  /** Which one of a series was chosen. */
  occurrence: string | undefined
  onClose: () => void
}

/** All about one meeting, beside the list. */
export function DetailsDrawer({ id, occurrence, onClose }: Props) {
  const { t } = useTranslation('app')
  const texts = useTranslation('meetings').t
  return (
    <Drawer opened={id !== undefined} onClose={onClose} position="right" size={480} title={texts('details.title')} closeButtonProps={{ 'aria-label': t('common.close') }}>
      {id && <Found id={id} occurrence={occurrence} onClose={onClose} />}
    </Drawer>
  )
}

function Found({ id, occurrence, onClose }: Props & { id: string }) {
  const query = useQuery(detailsQuery(id))
  return <Loaded query={query}>{(details) => <About details={details} occurrence={occurrence} onClose={onClose} />}</Loaded>
}

function About({ details: d, occurrence, onClose }: { details: Details; occurrence: string | undefined; onClose: () => void }) {
  const { t } = useTranslation('meetings')
  const times = useTimes()
  const exception = d.exceptions?.find(({ original }) => original === occurrence)
  const next = d.next
  const from = next && new Date(next.start)
  const to = next && new Date(next.end)
  const there = from && to && times.there(from, to, d.zone)
  const status = statusOf(d)
  const inviting = useInviting(d)
  return (
    <Stack gap="lg">
      <div>
        <Group justify="space-between" align="flex-start" wrap="nowrap">
          <Title order={2} size="h3" className={classes.break}>
            {exception?.subject ?? d.subject}
          </Title>
          <Box mt={6} flex="none">
            <StatusBadge status={status} />
          </Box>
        </Group>
        {(exception?.description ?? d.description) && (
          <Text mt="xs" className={classes.description}>
            {exception?.description ?? d.description}
          </Text>
        )}
      </div>
      <Buttons details={d} occurrence={occurrence} onClose={onClose} />
      <dl className={classes.facts}>
        {from && to && (
          <Fact name={t(d.recurrence ? 'details.next' : 'details.start')}>
            {times.own.day(from)}, {times.own.range(from, to)}
            {there && <span className={classes.small}>{there}</span>}
          </Fact>
        )}
        {!from && kindOf(d) === 'instant' && <Fact name={t('details.start')}>{times.own.moment(new Date(d.created))}</Fact>}
        {d.duration !== undefined && d.duration > 0 && <Fact name={t('details.duration')}>{times.duration(d.duration)}</Fact>}
        {d.recurrence && d.start_local && <Fact name={t('details.repeats')}>{times.rule(d.recurrence, d.start_local)}</Fact>}
        {d.zone && from && <Fact name={t('details.zone')}>{times.zone(d.zone, from)}</Fact>}
        <Fact name={t('details.number')}>
          <span className={classes.number}>{spaced(d.number)}</span>
        </Fact>
        <Fact name={t('details.type')}>
          {t(`kind.${kindOf(d)}`)}, {d.public ? t('details.public') : t('details.private')}
          {d.lobby && `, ${t('details.lobby')}`}
          {d.mute_on_entry && `, ${t('details.muted')}`}
        </Fact>
        <Fact name={t('details.organiser')}>
          <People people={[d.organiser]} />
        </Fact>
        {d.co_organisers.length > 0 && (
          <Fact name={t('details.coOrganisers')}>
            <People people={d.co_organisers} />
          </Fact>
        )}
        {d.participants.length > 0 && (
          <Fact name={t('details.participants')}>
            <People people={d.participants} />
          </Fact>
        )}
        {d.guests.length > 0 && (
          <Fact name={t('details.guests')}>
            {inviting ? (
              <GuestLinks meeting={d.id} guests={d.guests} onTell={tell} />
            ) : (
              <ul className={classes.people}>
                {d.guests.map((guest) => (
                  <li key={guest.id}>
                    {guest.name || guest.email}
                    {guest.name && guest.email && <span className={classes.small}>{guest.email}</span>}
                  </li>
                ))}
              </ul>
            )}
          </Fact>
        )}
      </dl>
      <Runs meeting={d.id} instances={d.instances} />
    </Stack>
  )
}

const isHosting = ({ role }: Details, { features }: Me) => role === 'host' || role === 'co_organiser' || features.includes('administration')

/** Whether it is still to come, or runs. */
const isAhead = (d: Details) => d.status !== 'cancelled' && (d.kind !== 'scheduled' || d.next !== undefined || d.status === 'in_progress')

/** Whether who has signed in may invite people from outside to it. */
function useInviting(d: Details): boolean {
  const me = useMe()
  return isHosting(d, me) && isAhead(d) && me.features.includes('guests')
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className={classes.fact}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

function People({ people }: { people: readonly Person[] }) {
  return (
    <ul className={classes.people}>
      {people.map((person) => (
        <li key={person.id} className={classes.person}>
          <PersonAvatar person={{ ...person, email: person.email ?? '' }} size={24} />
          <span>{person.name}</span>
        </li>
      ))}
    </ul>
  )
}

function Buttons({ details: d, occurrence, onClose }: { details: Details; occurrence: string | undefined; onClose: () => void }) {
  const { t } = useTranslation('meetings')
  const me = useMe()
  const [, go] = useLocation()
  const { join, joining } = useJoin()
  const inviting = useInviting(d)
  const [dialog, setDialog] = useState<'one' | 'all' | 'guests'>()
  const status = statusOf(d)
  const host = isHosting(d, me)
  const owner = d.role === 'host' || me.features.includes('administration')
  const ahead = isAhead(d)
  const single = d.recurrence !== undefined && occurrence !== undefined
  const editable = host && ahead && d.kind === 'scheduled'
  return (
    <Group gap="xs">
      {ahead && (
        <Button leftSection={<IconDoorEnter size={18} aria-hidden />} loading={joining !== undefined} onClick={() => join(d.id)} data-testid="join-meeting">
          {host && status === 'not_started' ? t('join.start') : t('join.join')}
        </Button>
      )}
      {ahead && <CopyInvitation id={d.id} />}
      {inviting && (
        <Button variant="default" leftSection={<IconUserPlus size={18} aria-hidden />} onClick={() => setDialog('guests')} data-testid="invite-guest">
          {t('host.invite')}
        </Button>
      )}
      {editable && (
        <OneOrAll
          icon={IconPencil}
          text={t('details.edit')}
          one={single ? t('details.editOne') : undefined}
          all={t('details.editAll')}
          onOne={() => go(`/meetings/${d.id}/edit?at=${encodeURIComponent(occurrence ?? '')}`)}
          onAll={() => go(`/meetings/${d.id}/edit`)}
          testId="edit-meeting"
        />
      )}
      {(owner || (editable && single)) && ahead && d.kind !== 'personal' && (
        <OneOrAll
          icon={IconTrash}
          danger
          text={t('details.cancel')}
          one={editable && single ? t('details.cancelOne') : undefined}
          all={owner ? t('details.cancelAll') : undefined}
          onOne={() => setDialog('one')}
          onAll={() => setDialog('all')}
          testId="cancel-meeting"
        />
      )}
      <GuestDialog meeting={d.id} opened={dialog === 'guests'} onClose={() => setDialog(undefined)} />
      <CancelDialogs details={d} occurrence={occurrence} dialog={dialog === 'guests' ? undefined : dialog} onClose={() => setDialog(undefined)} onDone={onClose} />
    </Group>
  )
}

interface OneOrAllProps {
  icon: Icon
  danger?: boolean
  text: string
  /** Absent where there is only one, or it is not allowed. */
  one: string | undefined
  all: string | undefined
  onOne: () => void
  onAll: () => void
  testId: string
}

/** Something that is done to one of a series, or to all of it; or to a meeting that is alone. */
function OneOrAll({ icon: Icon, danger = false, text, one, all, onOne, onAll, testId }: OneOrAllProps) {
  const look = { variant: 'default', ...(danger && { c: 'red' }), leftSection: <Icon size={18} aria-hidden />, 'data-testid': testId }
  if (one === undefined) {
    return (
      <Button {...look} onClick={onAll}>
        {text}
      </Button>
    )
  }
  return (
    <Menu position="bottom-start" shadow="md" zIndex={400}>
      <Menu.Target>
        <Button {...look} rightSection={<IconChevronDown size={16} aria-hidden />}>
          {text}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={onOne}>{one}</Menu.Item>
        {all !== undefined && <Menu.Item onClick={onAll}>{all}</Menu.Item>}
      </Menu.Dropdown>
    </Menu>
  )
}

interface CancelProps {
  details: Details
  occurrence: string | undefined
  dialog: 'one' | 'all' | undefined
  onClose: () => void
  onDone: () => void
}

function CancelDialogs({ details: { id, subject, version }, occurrence, dialog, onClose, onDone }: CancelProps) {
  const { t } = useTranslation('meetings')
  const client = useQueryClient()
  const done = () => {
    void client.invalidateQueries({ queryKey: keys.meetings })
    tell(t('details.cancelled'))
    onDone()
  }
  const header = match(version)
  const one = async () => {
    await call(() => api.DELETE('/api/v1/meetings/{id}/occurrences/{original}', { params: { path: { id, original: occurrence ?? '' }, header } }))
    done()
  }
  const all = async () => {
    await call(() => api.DELETE('/api/v1/meetings/{id}', { params: { path: { id }, header } }))
    done()
  }
  return (
    <>
      <ConfirmDialog opened={dialog === 'one'} title={t('details.cancelOne')} text={t('details.cancelOneText', { subject })} action={t('details.cancelOne')} onConfirm={one} onClose={onClose} />
      <ConfirmDialog opened={dialog === 'all'} title={t('details.cancel')} text={t('details.cancelText', { subject })} action={t('details.cancel')} onConfirm={all} onClose={onClose} />
    </>
  )
}
