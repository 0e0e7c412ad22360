import { ActionIcon, Badge, Button, CloseButton, Group, Menu, Text, Title, Tooltip, VisuallyHidden } from '@mantine/core'
import { IconDots, IconHandOff, IconLock, IconLockOpen, IconMicrophone, IconMicrophoneOff, IconWorld } from '@tabler/icons-react'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { MeetingSeat } from '../../entry/invitation'
import { CopyInvitation } from '../../pages/meetings/CopyInvitation'
import { ConfirmDialog } from '../../pages/ui/ConfirmDialog'
import { PersonAvatar } from '../../pages/ui/PersonAvatar'
import type { RosterView } from '../../rtc'
import { HandBadge } from '../hands/HandBadge'
import { useTimeOfDay } from '../useTimeOfDay'
import classes from './InMeeting.module.css'
import { InviteButton } from './InviteButton'
import { type Knock, type Presence, type Present, absent, inRoom } from './people'
import type { useHostActions } from './useHosting'

type Hosting = ReturnType<typeof useHostActions>

interface Props {
  seat: MeetingSeat
  roster: RosterView
  host: boolean
  people: readonly Presence[]
  lobby: readonly Knock[]
  actions: Hosting['actions']
  run: (act: () => Promise<unknown>) => void
  busy: boolean
  onTell: (text: string) => void
  onClose: () => void
}

/** Who is there, who waits and who is missing; for hosts with what they can do about it. */
export function PeoplePanel({ seat, roster, host, people, lobby, actions, run, busy, onTell, onClose }: Props) {
  const { t } = useTranslation('meetings')
  const common = useTranslation().t
  const present = inRoom(roster.self, roster.others)
  const missing = absent(people, present)
  const [removing, setRemoving] = useState<Present>()
  const locked = roster.room?.state.locked ?? false
  return (
    <aside className={classes.panel} id="meeting-people" aria-label={t('host.people')} data-testid="people-panel">
      <header className={classes.head}>
        <Title order={2} size="h5" className={classes.grow}>
          {t('host.people')}
        </Title>
        <CloseButton aria-label={common('close')} onClick={onClose} />
      </header>
      {host && (
        <div className={classes.tools}>
          <Button size="xs" px="xs" variant="default" leftSection={<IconMicrophoneOff size={16} aria-hidden />} disabled={busy || roster.others.length === 0} onClick={() => run(actions.muteOthers)} data-testid="mute-all">
            {t('host.muteAll')}
          </Button>
          <Button
            size="xs" px="xs"
            variant={locked ? 'filled' : 'default'}
            leftSection={locked ? <IconLock size={16} aria-hidden /> : <IconLockOpen size={16} aria-hidden />}
            disabled={busy}
            aria-pressed={locked}
            onClick={() => run(() => actions.lock(!locked))}
            data-testid="lock"
          >
            {locked ? t('host.unlock') : t('host.lock')}
          </Button>
          <InviteButton meeting={seat.id} />
          <CopyInvitation id={seat.id} size="xs" px="xs" onTell={onTell} />
          {roster.room?.state.public === false && (
            <Button size="xs" px="xs" variant="default" leftSection={<IconWorld size={16} aria-hidden />} disabled={busy} onClick={() => run(() => actions.makePublic().then(() => onTell(t('host.isPublic'))))} data-testid="make-public">
              {t('host.makePublic')}
            </Button>
          )}
        </div>
      )}
      <div className={classes.scroll}>
        {lobby.length > 0 && (
          <List
            title={t('host.waiting', { count: lobby.length })}
            action={
              lobby.length > 1 && (
                <Button size="compact-sm" disabled={busy} onClick={() => run(actions.admitAll)} data-testid="admit-all">
                  {t('host.admitAll')}
                </Button>
              )
            }
          >
            {lobby.map((knock) => (
              <li key={knock.identity} className={classes.person} data-testid="waiting">
                <PersonAvatar person={{ id: '', email: '', name: knock.name }} size={32} />
                <span className={classes.name}>
                  {knock.name}
                  <span className={classes.about}>{knock.user ? t('host.colleague') : t('role.guest')}</span>
                </span>
                <Button size="compact-sm" disabled={busy} onClick={() => run(() => actions.admit(knock.identity))} aria-label={t('host.admitNamed', { name: knock.name })} data-testid="admit">
                  {t('host.admit')}
                </Button>
                <Button size="compact-sm" variant="default" disabled={busy} onClick={() => run(() => actions.refuse(knock.identity))} aria-label={t('host.refuseNamed', { name: knock.name })} data-testid="refuse">
                  {t('host.refuse')}
                </Button>
              </li>
            ))}
          </List>
        )}
        <List
          title={t('host.present', { count: present.length })}
          action={
            host &&
            present.some(({ hand }) => hand) && (
              <Button size="compact-sm" variant="default" disabled={busy} onClick={() => run(actions.lowerHands)} data-testid="lower-all">
                {common('hands.lowerAll')}
              </Button>
            )
          }
        >
          {present.map((person, index) => (
            <PresentRow key={person.id} person={person} place={person.hand && index + 1} host={host} run={run} actions={actions} onRemove={() => setRemoving(person)} onTell={onTell} />
          ))}
        </List>
        {missing.length > 0 && (
          <List title={t('host.missing', { count: missing.length })}>
            {missing.map(({ identity, name, state }) => (
              <li key={identity} className={classes.person} data-testid="missing">
                <PersonAvatar person={{ id: '', email: '', name }} size={32} />
                <span className={classes.name}>
                  {name}
                  <span className={classes.about}>{state === 'removed' ? t('host.removed') : t('host.invited')}</span>
                </span>
                <Button size="compact-sm" variant="default" disabled={busy} onClick={() => run(() => actions.reinvite(identity).then(() => onTell(t('host.called', { name }))))} aria-label={t('host.callNamed', { name })} data-testid="reinvite">
                  {t('host.call')}
                </Button>
              </li>
            ))}
          </List>
        )}
      </div>
      <ConfirmDialog
        opened={removing !== undefined}
        title={t('host.remove')}
        text={t('host.removeText', { name: removing?.name ?? '' })}
        action={t('host.remove')}
        onConfirm={() => actions.remove(removing?.identity ?? '')}
        onClose={() => setRemoving(undefined)}
      />
    </aside>
  )
}

function List({ title, action, children }: { title: string; action?: ReactNode; children: ReactNode }) {
  return (
    <section>
      <Group justify="space-between" className={classes.heading}>
        <Text component="h3" size="sm" fw={600} c="dimmed">
          {title}
        </Text>
        {action}
      </Group>
      <ul className={classes.list}>{children}</ul>
    </section>
  )
}

interface RowProps {
  person: Present
  /** In the queue of raised hands, which are the first rows. */
  place: number | undefined
  host: boolean
  actions: Hosting['actions']
  run: Props['run']
  onRemove: () => void
  onTell: (text: string) => void
}

function PresentRow({ person, place, host, actions, run, onRemove, onTell }: RowProps) {
  const { t } = useTranslation('meetings')
  const common = useTranslation().t
  const time = useTimeOfDay()
  const { identity, name, role, user, avatar, silent, self, hand } = person
  const picture = user && avatar ? { id: user, avatar } : { id: '' }
  const canAssign = user !== undefined && role === 'participant'
  return (
    <li className={classes.person} data-testid="present" data-role={role} data-hand={place}>
      <PersonAvatar person={{ ...picture, name, email: '' }} size={32} />
      <span className={classes.name}>
        {self ? common('tile.you', { name }) : name}
        {role && role !== 'participant' && (
          <Badge size="xs" variant={role === 'guest' ? 'outline' : 'light'} color={role === 'guest' ? 'gray' : 'rail'} className={classes.badge}>
            {t(`role.${role}`)}
          </Badge>
        )}
        {hand && (
          <span className={classes.about}>
            <VisuallyHidden>{common('hands.since')} </VisuallyHidden>
            <time dateTime={hand.at}>{time(hand.at)}</time>
          </span>
        )}
      </span>
      {place !== undefined && (
        <span className={classes.hand}>
          <HandBadge place={place} />
        </span>
      )}
      {hand && host && (
        <Tooltip label={common('hands.lowerNamed', { name })}>
          <ActionIcon variant="default" aria-label={common('hands.lowerNamed', { name })} onClick={() => run(() => actions.lowerHand(identity))} data-testid="lower-hand">
            <IconHandOff size={18} />
          </ActionIcon>
        </Tooltip>
      )}
      {silent ? (
        <IconMicrophoneOff size={18} className={classes.off} role="img" aria-label={common('tile.muted')} />
      ) : (
        <IconMicrophone size={18} className={classes.icon} aria-hidden />
      )}
      {host && !self ? (
        <Menu position="bottom-end" shadow="md">
          <Menu.Target>
            <ActionIcon variant="subtle" color="gray" aria-label={t('host.menu', { name })} data-testid="person-menu">
              <IconDots size={18} />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            {silent ? (
              <Menu.Item onClick={() => run(() => actions.askUnmute(identity).then(() => onTell(t('host.askedUnmute', { name }))))} data-testid="ask-unmute">
                {t('host.askUnmute')}
              </Menu.Item>
            ) : (
              <Menu.Item onClick={() => run(() => actions.mute(identity))} data-testid="mute">
                {t('host.mute')}
              </Menu.Item>
            )}
            {canAssign && (
              <Menu.Item onClick={() => run(() => actions.assign(user))} data-testid="assign">
                {t('pick.assign')}
              </Menu.Item>
            )}
            {role !== 'host' && (
              <Menu.Item c="red" onClick={onRemove} data-testid="remove">
                {t('host.remove')}
              </Menu.Item>
            )}
          </Menu.Dropdown>
        </Menu>
      ) : (
        host && <span className={classes.gap} />
      )}
    </li>
  )
}
