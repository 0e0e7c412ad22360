import { Menu } from '@mantine/core'
import {
  IconChartBar,
  IconDots,
  IconHandStop,
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
import { useTranslation } from 'react-i18next'
import type { LocalView } from '../devices/localMedia'
import { Control } from './Control'
import classes from './ControlBar.module.css'
import { type Reacting, ReactionPicker } from './reactions/ReactionPicker'

export interface ControlActions {
  toggleMicrophone: () => void
  toggleCamera: () => void
  toggleScreen: () => void
  toggleHand: () => void
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
  /** One's own hand is raised. */
  handRaised: boolean
  reacting: Reacting
  actions: ControlActions
}

/** What one can do in the meeting, each with its key. */
export function ControlBar({ local, view, stats, canPublish, canShare, handRaised, reacting, actions }: Props) {
  const { t } = useTranslation()
  const { microphone, camera, screen } = local
  const viewLabel = view === 'grid' ? t('control.speakerView') : t('control.gridView')
  const viewIcon = view === 'grid' ? <IconLayoutSidebarRight /> : <IconLayoutGrid />
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
        testId="toggle-hand"
        label={handRaised ? t('hands.lower') : t('hands.raise')}
        keys="H"
        active={handRaised}
        pressed={handRaised}
        onClick={actions.toggleHand}
      >
        <IconHandStop />
      </Control>
      <ReactionPicker {...reacting} />
      <div className={classes.wide}>
        <Control testId="toggle-view" label={viewLabel} keys="G" onClick={actions.toggleView}>
          {viewIcon}
        </Control>
        <Control testId="open-settings" label={t('control.settings')} keys="D" onClick={actions.openSettings}>
          <IconSettings />
        </Control>
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
      <div className={classes.narrow}>
        <Menu position="top" shadow="md">
          <Menu.Target>
            <Control testId="more-controls" label={t('control.more')}>
              <IconDots />
            </Control>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item leftSection={viewIcon} onClick={actions.toggleView}>
              {viewLabel}
            </Menu.Item>
            <Menu.Item leftSection={<IconSettings />} onClick={actions.openSettings}>
              {t('control.settings')}
            </Menu.Item>
            <Menu.Item leftSection={<IconChartBar />} onClick={actions.toggleStats}>
              {t('control.stats')}
            </Menu.Item>
            <Menu.Item leftSection={<IconKeyboard />} onClick={actions.openShortcuts}>
              {t('control.shortcuts')}
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </div>
      <Control testId="leave" label={t('control.leave')} keys="⇧L" color="red" variant="filled" onClick={actions.leave}>
        <IconPhoneOff />
      </Control>
    </nav>
  )
}
