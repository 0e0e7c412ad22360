import { useCallback, useEffect, useMemo, useState } from 'react'
import type { Meeting } from '../rtc'
import type { LocalMedia } from '../devices/localMedia'
import { Announcer } from './Announcer'
import type { RoomContextValue } from './context'
import { Notices } from './Notices'
import { RoomView } from './RoomView'
import { SettingsDialog } from './SettingsDialog'
import { ShortcutsDialog } from './ShortcutsDialog'
import { useNotices } from './useNotices'
import { useScene } from './useScene'
import { useShortcuts } from './useShortcuts'
import { useLocal, usePath, useRoster, useSessionState, useSlots } from './useStore'

interface Props {
  meeting: Meeting
  media: LocalMedia
  title: string
  invitation: string | undefined
}

const ignore = () => undefined

/** The meeting, from its objects to its looks. */
export function RoomPage({ meeting, media, title, invitation }: Props) {
  const { peer, roster: people, session, stats } = meeting
  const roster = useRoster(meeting)
  const state = useSessionState(meeting)
  const path = usePath(meeting)
  const slots = useSlots(meeting)
  const local = useLocal(media)
  const [view, setView] = useState<'grid' | 'speaker'>('grid')
  const [pin, setPin] = useState<string>()
  const [showStats, setShowStats] = useState(false)
  const [dialog, setDialog] = useState<'settings' | 'shortcuts'>()
  const scene = useScene(roster, slots, peer.demands, view, pin)
  const { notices, dismiss } = useNotices(meeting, local)
  const canPublish = roster.self?.grants.includes('publish') ?? true
  const canShare = canPublish && 'mediaDevices' in navigator && 'getDisplayMedia' in navigator.mediaDevices

  const actions = useMemo(
    () => ({
      toggleMicrophone: () => void media.setMicrophone(!media.view.microphone.on).catch(ignore),
      toggleCamera: () => void media.setCamera(!media.view.camera.on).catch(ignore),
      toggleScreen: () => void (media.view.screen.on ? media.stopScreen() : media.shareScreen()).catch(ignore),
      stopScreen: () => void media.stopScreen().catch(ignore),
      toggleView: () => setView((v) => (v === 'grid' ? 'speaker' : 'grid')),
      toggleStats: () => setShowStats((shown) => !shown),
      openSettings: () => setDialog('settings'),
      openShortcuts: () => setDialog('shortcuts'),
      leave: () => void session.leave(),
      fullscreen: () => void toggleFullscreen(),
    }),
    [media, session],
  )
  useShortcuts(
    useMemo(
      () => ({
        ...(canPublish && { m: actions.toggleMicrophone, v: actions.toggleCamera }),
        ...(canShare && { s: actions.toggleScreen }),
        g: actions.toggleView,
        f: actions.fullscreen,
        d: actions.openSettings,
        i: actions.toggleStats,
        '?': actions.openShortcuts,
        L: actions.leave,
      }),
      [actions, canPublish, canShare],
    ),
  )
  useEffect(() => {
    const online = () => meeting.networkChanged()
    window.addEventListener('online', online)
    return () => window.removeEventListener('online', online)
  }, [meeting])

  const context = useMemo<RoomContextValue>(
    () => ({ labels: peer.labels, demands: peer.demands, roster, mediaUp: path !== 'connecting', pin, onPin: setPin }),
    [peer, roster, path, pin],
  )
  const closeDialog = useCallback(() => setDialog(undefined), [])
  return (
    <RoomView
      context={context}
      title={title}
      roster={roster}
      scene={scene}
      slots={slots}
      local={local}
      state={state}
      path={path}
      view={view}
      invitation={invitation}
      canPublish={canPublish}
      canShare={canShare}
      stats={showStats ? { source: stats, names: people } : undefined}
      actions={actions}
    >
      <Announcer meeting={meeting} local={local} />
      <Notices notices={notices} onDismiss={dismiss} />
      <SettingsDialog media={media} local={local} opened={dialog === 'settings'} onClose={closeDialog} />
      <ShortcutsDialog opened={dialog === 'shortcuts'} onClose={closeDialog} />
    </RoomView>
  )
}

async function toggleFullscreen(): Promise<void> {
  if (document.fullscreenElement) await document.exitFullscreen()
  else await document.documentElement.requestFullscreen().catch(ignore)
}
