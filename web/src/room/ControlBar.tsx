import { ActionIcon, type ActionIconProps, Tooltip } from '@mantine/core'
import {
  IconChartBar,
  IconKeyboard,
  IconLayoutGrid,
  IconLayoutSidebarRight,
  IconMicrophone,
  IconMicrophoneOff,
  IconPhoneOff,
  IconScreenShare,
  IconScreenShareOff,
  IconSettings,
  IconVideo,
  IconVideoOff,
} from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { LocalView } from '../devices/localMedia'
import classes from './ControlBar.module.css'

export interface ControlActions {
  toggleMicrophone: () => void
  toggleCamera: () => void
  toggleScreen: () => void
  toggleView: () => void
  toggleStats: () => void
  openSettings: () => void
  openShortcuts: () => void
  leave: () => void
}

interface Props {
  local: LocalView
  view: 'grid' | 'speaker'
  stats: boolean
  canPublish: boolean
  canShare: boolean
  actions: ControlActions
}

/** What one can do in the meeting, each with its key. */
export function ControlBar({ local, view, stats, canPublish, canShare, actions }: Props) {
  const { t } = useTranslation()
  const { microphone, camera, screen } = local
  return (
    <nav className={classes.bar} aria-label={t('control.bar')}>
      {canPublish && (
        <>
          <Control
            testId="toggle-microphone"
            label={microphone.on ? t('control.mute') : t('control.unmute')}
            keys="M"
            off={!microphone.on}
            pressed={!microphone.on}
            alert={microphone.problem !== undefined}
            onClick={actions.toggleMicrophone}
          >
            {microphone.on ? <IconMicrophone /> : <IconMicrophoneOff />}
          </Control>
          <Control
            testId="toggle-camera"
            label={camera.on ? t('control.cameraOff') : t('control.cameraOn')}
            keys="V"
            off={!camera.on}
            pressed={!camera.on}
            alert={camera.problem !== undefined}
            onClick={actions.toggleCamera}
          >
            {camera.on ? <IconVideo /> : <IconVideoOff />}
          </Control>
        </>
      )}
      {canShare && (
        <Control
          testId="toggle-screen"
          label={screen.on ? t('control.stopShare') : t('control.share')}
          keys="S"
          active={screen.on}
          pressed={screen.on}
          onClick={actions.toggleScreen}
        >
          {screen.on ? <IconScreenShareOff /> : <IconScreenShare />}
        </Control>
      )}
      <Control
        testId="toggle-view"
        label={view === 'grid' ? t('control.speakerView') : t('control.gridView')}
        keys="G"
        onClick={actions.toggleView}
      >
        {view === 'grid' ? <IconLayoutSidebarRight /> : <IconLayoutGrid />}
      </Control>
      <Control testId="open-settings" label={t('control.settings')} keys="D" onClick={actions.openSettings}>
        <IconSettings />
      </Control>
      <div className={classes.wide}>
        <Control
          testId="toggle-stats"
          label={t('control.stats')}
          keys="I"
          active={stats}
          pressed={stats}
          onClick={actions.toggleStats}
        >
          <IconChartBar />
        </Control>
        <Control testId="open-shortcuts" label={t('control.shortcuts')} keys="?" onClick={actions.openShortcuts}>
          <IconKeyboard />
        </Control>
      </div>
      <Control testId="leave" label={t('control.leave')} keys="⇧L" color="red" variant="filled" onClick={actions.leave}>
        <IconPhoneOff />
      </Control>
    </nav>
  )
}

interface ControlProps extends Pick<ActionIconProps, 'color' | 'variant'> {
  testId: string
  label: string
  keys: string
  /** Something of one's own is off. */
  off?: boolean
  active?: boolean
  pressed?: boolean
  /** It can't work as things are. */
  alert?: boolean
  onClick: () => void
  children: ReactNode
}

function Control({ testId, label, keys, off, active, pressed, alert, onClick, children, ...look }: ControlProps) {
  const color = look.color ?? (off ? 'red' : active ? 'rail' : 'gray')
  return (
    <Tooltip
      label={
        <>
          {label} <kbd className={classes.key}>{keys}</kbd>
        </>
      }
      openDelay={400}
    >
      <ActionIcon
        className={classes.control}
        size="var(--control-size)"
        radius="xl"
        variant={look.variant ?? (active ? 'filled' : off ? 'light' : 'default')}
        color={color}
        data-testid={testId}
        data-alert={alert ? true : undefined}
        aria-label={label}
        aria-pressed={pressed}
        onClick={onClick}
      >
        {children}
      </ActionIcon>
    </Tooltip>
  )
}
