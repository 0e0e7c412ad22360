import { ActionIcon, Button, CopyButton, Text, Tooltip } from '@mantine/core'
import { IconLink, IconMaximize, IconUsers } from '@tabler/icons-react'
import { type ReactNode, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import type { PathState, Roster, RosterView, SessionState, Slot, Stats } from '../rtc'
import type { LocalView } from '../devices/localMedia'
import { ThemeToggle } from '../app/ThemeToggle'
import type { Scene } from './arrange'
import { AudioSlots } from './AudioSlots'
import { Banner } from './Banner'
import { type ControlActions, ControlBar } from './ControlBar'
import { RoomContext, type RoomContextValue } from './context'
import type { Reacting } from './reactions/ReactionPicker'
import classes from './RoomView.module.css'
import { SelfTile } from './SelfTile'
import { SharingMarker } from './SharingMarker'
import { Stage } from './Stage'
import { StatsPanel } from './StatsPanel'

export interface RoomViewProps {
  context: RoomContextValue
  title: string
  roster: RosterView
  scene: Scene
  slots: readonly Slot[]
  local: LocalView
  state: SessionState
  path: PathState
  view: 'grid' | 'speaker'
  invitation: string | undefined
  canPublish: boolean
  canShare: boolean
  /** Absent while the statistics are not shown. */
  stats: { source: Pick<Stats, 'watch'>; names: Pick<Roster, 'byNumber'> } | undefined
  reacting: Reacting
  actions: ControlActions & { fullscreen: () => void; stopScreen: () => void }
  /** Room is kept for a panel beside the stage. */
  aside?: boolean
  /** The raised hands, beside the heading. */
  queue?: ReactNode
  /** More of what is at the right of the heading. */
  tools?: ReactNode
  /** Notices over the stage. */
  children?: ReactNode
}

/** The meeting as it looks. It knows nothing of how media and messages come. */
export function RoomView(props: RoomViewProps) {
  const { t } = useTranslation()
  const { context, title, roster, scene, slots, local, state, path, view, invitation, stats, actions } = props
  const stageRef = useRef<HTMLElement>(null)
  const speaking = roster.speakers.some((s) => s.participant === roster.self?.id)
  const self = <SelfTile self={roster.self} local={local} speaking={speaking} />
  const people = roster.others.length + 1
  return (
    <RoomContext value={context}>
      <div className={classes.room} data-testid="room" data-view={view}>
        <header className={classes.header}>
          <Text component="h1" className={classes.title} title={title}>
            {title}
          </Text>
          <span className={classes.people} aria-label={t('room.people', { count: people })} data-testid="people">
            <IconUsers size={16} aria-hidden /> {people}
          </span>
          {props.queue}
          <span className={classes.space} />
          {props.tools}
          {invitation && <CopyInvitation invitation={invitation} />}
          <Tooltip label={t('control.fullscreen')}>
            <ActionIcon className={classes.roomy} variant="subtle" color="gray" size="lg" aria-label={t('control.fullscreen')} onClick={actions.fullscreen}>
              <IconMaximize size={20} />
            </ActionIcon>
          </Tooltip>
          <ThemeToggle />
        </header>
        <main ref={stageRef} className={classes.main} data-aside={props.aside ? true : undefined}>
          <Stage scene={scene} self={self} alone={<Alone invitation={invitation} />} />
          <Banner state={state} path={path} />
          {local.screen.on && <SharingMarker sound={local.screen.sound} onStop={actions.stopScreen} />}
          {stats && <StatsPanel stats={stats.source} roster={stats.names} onClose={actions.toggleStats} />}
          <AudioSlots slots={slots} speakerId={local.choices.speakerId} />
          {props.children}
        </main>
        <ControlBar
          local={local}
          view={view}
          stats={stats !== undefined}
          canPublish={props.canPublish}
          canShare={props.canShare}
          handRaised={roster.self?.hand !== undefined}
          reacting={props.reacting}
          actions={actions}
        />
      </div>
    </RoomContext>
  )
}

function CopyInvitation({ invitation }: { invitation: string }) {
  const { t } = useTranslation()
  return (
    <CopyButton value={invitation}>
      {({ copied, copy }) => (
        <Tooltip label={copied ? t('control.copied') : t('control.invite')}>
          <ActionIcon variant="subtle" color={copied ? 'teal' : 'gray'} size="lg" aria-label={t('control.invite')} onClick={copy}>
            <IconLink size={20} />
          </ActionIcon>
        </Tooltip>
      )}
    </CopyButton>
  )
}

function Alone({ invitation }: { invitation: string | undefined }) {
  const { t } = useTranslation()
  return (
    <div className={classes.alone}>
      <Text fw={600} size="lg">
        {t('room.alone')}
      </Text>
      {invitation && (
        <>
          <Text c="dimmed">{t('room.aloneHelp')}</Text>
          <CopyButton value={invitation}>
            {({ copied, copy }) => (
              <Button mt="sm" variant="light" leftSection={<IconLink size={18} />} onClick={copy}>
                {copied ? t('control.copied') : t('control.invite')}
              </Button>
            )}
          </CopyButton>
        </>
      )}
    </div>
  )
}
