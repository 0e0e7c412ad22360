import { Suspense, lazy, useCallback, useEffect, useMemo, useState } from 'react'
import { type Emoji, type Meeting, raisedHands } from '../rtc'
import type { LocalMedia } from '../devices/localMedia'
import type { MeetingSeat } from '../entry/invitation'
import { loadAppTexts, loadMeetingsTexts } from '../i18n'
import { Announcer } from './Announcer'
import { ChatButton } from './chat/ChatButton'
import { ChatPanel } from './chat/ChatPanel'
import { useUnread } from './chat/useChat'
import type { RoomContextValue } from './context'
import { HandsButton } from './hands/HandsButton'
import { isHost, readMetadata } from './hosts/metadata'
import { Notices } from './Notices'
import { usePreferences } from './preferences'
import { ReactionsOverlay } from './reactions/ReactionsOverlay'
import { useReactions } from './reactions/useReactions'
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
  const [panel, setPanel] = useState<'people' | 'chat'>()
  const showPeople = panel === 'people'
  const showChat = panel === 'chat'
  const [picking, setPicking] = useState(false)
  const [preferences, prefer] = usePreferences()
  const reactions = useReactions(meeting, preferences.reactions)
  const unread = useUnread(meeting, showChat)
  const scene = useScene(roster, slots, peer.demands, view, pin, preferences.cameras)
  const { notices, dismiss } = useNotices(meeting, local)
  const canPublish = roster.self?.grants.includes('publish') ?? true
  const canShare = canPublish && 'mediaDevices' in navigator && 'getDisplayMedia' in navigator.mediaDevices

  const grants = roster.self?.grants ?? []
  const canReact = grants.includes('publish') || grants.includes('message')
  const moderating = seat === undefined && grants.includes('moderate')
  const hands = useMemo(() => raisedHands(roster), [roster])
  const inMeeting = seat !== undefined
  const hosting = seat !== undefined && seat.user && isHost(readMetadata(roster.self?.metadata))
  const actions = useMemo(
    () => ({
      toggleMicrophone: () => void media.setMicrophone(!media.view.microphone.on).catch(ignore),
      toggleCamera: () => void media.setCamera(!media.view.camera.on).catch(ignore),
      toggleScreen: () => void (media.view.screen.on ? media.stopScreen() : media.shareScreen()).catch(ignore),
      stopScreen: () => void media.stopScreen().catch(ignore),
      toggleHand: () => void session.request({ type: people.view.self?.hand ? 'lowerHand' : 'raiseHand' }).catch(ignore),
      toggleReactions: () => setPicking((shown) => !shown),
      toggleView: () => setView((v) => (v === 'grid' ? 'speaker' : 'grid')),
      toggleStats: () => setShowStats((shown) => !shown),
      openSettings: () => setDialog('settings'),
      openShortcuts: () => setDialog('shortcuts'),
      // Whoever could end it for all is asked.
      leave: () => (hosting ? setDialog('leave') : void session.leave()),
      togglePeople: () => setPanel((shown) => (shown === 'people' ? undefined : 'people')),
      toggleChat: () => setPanel((shown) => (shown === 'chat' ? undefined : 'chat')),
      fullscreen: () => void toggleFullscreen(),
    }),
    [media, session, people, hosting],
  )
  useShortcuts(
    useMemo(
      () => ({
        ...(canPublish && { m: actions.toggleMicrophone, v: actions.toggleCamera }),
        ...(canShare && { s: actions.toggleScreen }),
        h: actions.toggleHand,
        r: actions.toggleReactions,
        g: actions.toggleView,
        f: actions.fullscreen,
        d: actions.openSettings,
        i: actions.toggleStats,
        '?': actions.openShortcuts,
        c: actions.toggleChat,
        L: actions.leave,
        ...(inMeeting && { p: actions.togglePeople }),
      }),
      [actions, canPublish, canShare, inMeeting],
    ),
    preferences.shortcuts,
  )
  useEffect(() => {
    const online = () => meeting.networkChanged()
    window.addEventListener('online', online)
    return () => window.removeEventListener('online', online)
  }, [meeting])

  const context = useMemo<RoomContextValue>(
    () => ({ labels: peer.labels, demands: peer.demands, roster, mediaUp: path !== 'connecting', pin, hands: new Map(hands.map(({ participant, place }) => [participant.id, place])), onPin: setPin }),
    [peer, roster, path, pin, hands],
  )
  const showPanel = (which: 'people' | 'chat') => (shown: boolean) => setPanel(shown ? which : undefined)
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
      reacting={{
        react: canReact ? (emoji: Emoji) => session.request({ type: 'react', emoji }) : undefined,
        shown: preferences.reactions,
        onShow: (shown) => prefer({ reactions: shown }),
        opened: picking,
        onOpen: setPicking,
      }}
      actions={actions}
      queue={
        <HandsButton
          hands={hands}
          onOpen={inMeeting ? () => setPanel('people') : undefined}
          lower={moderating ? (participant) => void session.request({ type: 'lowerHand', participant }).catch(ignore) : undefined}
          lowerAll={moderating ? () => void session.request({ type: 'lowerHands' }).catch(ignore) : undefined}
        />
      }
      aside={(inMeeting && showPeople) || showChat}
      tools={
        <>
          <ChatButton opened={showChat} unread={unread} onToggle={actions.toggleChat} />
          {seat && (
            <Suspense fallback={null}>
              <InMeeting meeting={meeting} seat={seat} media={media} opened={showPeople} onOpen={showPanel('people')} leaving={dialog === 'leave'} onStay={closeDialog} />
            </Suspense>
          )}
        </>
      }
    >
      {showChat && <ChatPanel chat={meeting.chat} self={roster.self?.identity} canWrite={canReact} onClose={() => setPanel(undefined)} />}
      <ReactionsOverlay reactions={reactions} />
      <Announcer meeting={meeting} local={local} reactions={preferences.reactions} chat={!showChat} />
      <Notices notices={notices} onDismiss={dismiss} />
      <SettingsDialog media={media} local={local} cameras={preferences.cameras} onCameras={(cameras) => prefer({ cameras })} opened={dialog === 'settings'} onClose={closeDialog} />
      <ShortcutsDialog people={inMeeting} enabled={preferences.shortcuts} onEnable={(shortcuts) => prefer({ shortcuts })} opened={dialog === 'shortcuts'} onClose={closeDialog} />
    </RoomView>
  )
}

async function toggleFullscreen(): Promise<void> {
  if (document.fullscreenElement) await document.exitFullscreen()
  else await document.documentElement.requestFullscreen().catch(ignore)
}
