import { Suspense, lazy, useCallback, useEffect, useMemo, useState } from 'react'
import type { Meeting } from '../rtc'
import type { LocalMedia } from '../devices/localMedia'
import type { MeetingSeat } from '../entry/invitation'
import { loadAppTexts, loadMeetingsTexts } from '../i18n'
import { Announcer } from './Announcer'
import type { RoomContextValue } from './context'
import { isHost, readMetadata } from './hosts/metadata'
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
  /** Absent in rooms that are not those of meetings. */
  seat?: MeetingSeat | undefined
}

// Most rooms can do without it.
const InMeeting = lazy(async () => {
  const [part] = await Promise.all([import('./hosts/InMeeting'), loadAppTexts(), loadMeetingsTexts()])
  return part
})

const ignore = () => undefined

/** The meeting, from its objects to its looks. */
export function RoomPage({ meeting, media, title, invitation, seat }: Props) {
  const { peer, roster: people, session, stats } = meeting
  const roster = useRoster(meeting)
  const state = useSessionState(meeting)
  const path = usePath(meeting)
  const slots = useSlots(meeting)
  const local = useLocal(media)
  const [view, setView] = useState<'grid' | 'speaker'>('grid')
  const [pin, setPin] = useState<string>()
  const [showStats, setShowStats] = useState(false)
  const [dialog, setDialog] = useState<'settings' | 'shortcuts' | 'leave'>()
  const [showPeople, setShowPeople] = useState(false)
  const scene = useScene(roster, slots, peer.demands, view, pin)
  const { notices, dismiss } = useNotices(meeting, local)
  const canPublish = roster.self?.grants.includes('publish') ?? true
  const canShare = canPublish && 'mediaDevices' in navigator && 'getDisplayMedia' in navigator.mediaDevices

  const inMeeting = seat !== undefined
  const hosting = seat !== undefined && seat.user && isHost(readMetadata(roster.self?.metadata))
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
      // Whoever could end it for all is asked.
      leave: () => (hosting ? setDialog('leave') : void session.leave()),
      togglePeople: () => setShowPeople((shown) => !shown),
      fullscreen: () => void toggleFullscreen(),
    }),
    [media, session, hosting],
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
        ...(inMeeting && { p: actions.togglePeople }),
      }),
      [actions, canPublish, canShare, inMeeting],
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
      aside={inMeeting && showPeople}
      tools={
        seat && (
          <Suspense fallback={null}>
            <InMeeting meeting={meeting} seat={seat} media={media} opened={showPeople} onOpen={setShowPeople} leaving={dialog === 'leave'} onStay={closeDialog} />
          </Suspense>
        )
      }
    >
      <Announcer meeting={meeting} local={local} />
      <Notices notices={notices} onDismiss={dismiss} />
      <SettingsDialog media={media} local={local} opened={dialog === 'settings'} onClose={closeDialog} />
      <ShortcutsDialog people={inMeeting} opened={dialog === 'shortcuts'} onClose={closeDialog} />
    </RoomView>
  )
}

async function toggleFullscreen(): Promise<void> {
  if (document.fullscreenElement) await document.exitFullscreen()
  else await document.documentElement.requestFullscreen().catch(ignore)
}
