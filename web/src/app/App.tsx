import { type ReactNode, useCallback, useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { LocalMedia } from '../devices/localMedia'
import { type Seat, parseInvitation } from '../entry/invitation'
import { NoSeat } from '../entry/NoSeat'
import { claim } from '../entry/claim'
import { findMeetingSeat, isAtDoor } from '../entry/meetingSeat'
import { keepName, readName } from '../entry/name'
import { dropSeat, findSeat, keepSeat, markInRoom } from '../entry/seat'
import { Lobby } from '../prejoin/Lobby'
import { PreJoin } from '../prejoin/PreJoin'
import { readMetadata } from '../room/hosts/metadata'
import { RoomPage } from '../room/RoomPage'
import { useSessionState } from '../room/useStore'
import type { Meeting } from '../rtc'
import { showForDiagnosis } from './debug'
import { type End, Ended } from './Ended'
import { meetingFor } from './meeting'
import { Loading, Shell } from './Shell'

type Page =
  | { at: 'arriving' }
  | { at: 'outside'; error: unknown }
  | { at: 'door'; seat: Seat; media: LocalMedia }
  | { at: 'inside'; seat: Seat; media: LocalMedia; meeting: Meeting }
  | { at: 'after'; end: End; seat: Seat }

/** The page's course: arrive, get ready, meet, leave. */
export function App() {
  const { t } = useTranslation()
  const [page, setPage] = useState<Page>({ at: 'arriving' })
  const arrived = useRef(false)

  const enter = useCallback((seat: Seat, media: LocalMedia, name: string, returning = false) => {
    const meeting = meetingFor(seat, name)
    if (!returning) muteOnEntry(meeting, media)
    meeting.session.on('status', (state) => {
      if (state.status === 'joined') markInRoom(true)
      if (state.status !== 'left') return
      if (state.reason === 'unauthorized' || state.reason === 'expired') dropSeat()
      markInRoom(false)
      media.close()
      delete window.switchyard
      setPage({ at: 'after', end: state, seat })
    })
    showForDiagnosis(meeting)
    // Before anything is heard; in the room the server says it again.
    if (seat.meeting?.muteOnEntry && !returning) void media.setMicrophone(false)
    media.attach(meeting.peer)
    setPage({ at: 'inside', seat, media, meeting })
    meeting.join().catch(() => undefined) // told by the session's state
  }, [])

  const arrive = useCallback(async () => {
    setPage({ at: 'arriving' })
    try {
      const arrival = isAtDoor(location) ? await findMeetingSeat() : await findSeat(parseInvitation(location.hash))
      if (!arrival) {
        setPage({ at: 'outside', error: undefined })
        return
      }
      const media = new LocalMedia()
      const name = arrival.seat.meeting?.name ?? readName()
      if (arrival.returning && name) {
        enter(arrival.seat, media, name, true)
        await media.start()
      } else {
        setPage({ at: 'door', seat: arrival.seat, media })
        await media.start()
      }
    } catch (error) {
      // The page of the meeting's link knows what to do without a seat.
      if (isAtDoor(location)) askAgain()
      else setPage({ at: 'outside', error })
    }
  }, [enter])

  useEffect(() => {
    if (!arrived.current) void arrive()
    arrived.current = true
    const again = () => location.reload()
    window.addEventListener('hashchange', again)
    return () => window.removeEventListener('hashchange', again)
  }, [arrive])

  const join = (seat: Seat, media: LocalMedia, name: string) => {
    if (!seat.meeting) keepName(name)
    enter(seat, media, name)
  }
  const takeSeat = async (seat: Seat) => {
    setPage({ at: 'arriving' })
    keepSeat(seat)
    await claim(seat.identity)
    const media = new LocalMedia()
    setPage({ at: 'door', seat, media })
    await media.start()
  }

  switch (page.at) {
    case 'inside': {
      const { seat, media, meeting } = page
      const invitation = seat.code === undefined ? linkOf(seat) : invitationLink(seat.code, seat.room)
      const title = seat.meeting?.subject ?? t('prejoin.room', { room: seat.room })
      return (
        <Door meeting={meeting} media={media} title={title}>
          <RoomPage meeting={meeting} media={media} title={title} invitation={invitation} seat={seat.meeting} />
        </Door>
      )
    }
    case 'arriving':
      return (
        <Shell>
          <Loading text={t('app.loading')} />
        </Shell>
      )
    case 'outside':
      return (
        <Shell>
          <NoSeat error={page.error} onRetry={() => void arrive()} onSeat={(seat) => void takeSeat(seat)} />
        </Shell>
      )
    case 'door':
      return (
        <Shell>
          <PreJoin
            room={page.seat.room}
            media={page.media}
            {...(page.seat.meeting && { title: page.seat.meeting.subject, fixedName: page.seat.meeting.name, muted: page.seat.meeting.muteOnEntry })}
            name={page.seat.meeting?.name ?? readName()}
            onJoin={(name) => join(page.seat, page.media, name)}
          />
        </Shell>
      )
    case 'after':
      return (
        <Shell>
          <Ended end={page.end} inMeeting={page.seat.meeting !== undefined} home={page.seat.meeting?.user} onAgain={() => (page.seat.meeting && !isAtDoor(location) ? askAgain() : void arrive())} />
        </Shell>
      )
  }
}

/** In front of the door while one has to wait; then inside. */
function Door({ meeting, media, title, children }: { meeting: Meeting; media: LocalMedia; title: string; children: ReactNode }) {
  const state = useSessionState(meeting)
  const [waited, setWaited] = useState(false)
  if (state.status === 'waiting' && !waited) setWaited(true)
  if (state.status === 'joined' && waited) setWaited(false)
  if (!waited && state.status !== 'waiting') return children
  const { message, position } = state.status === 'waiting' ? state : { message: '', position: 0 }
  return (
    <Shell>
      <Lobby media={media} title={title} message={message} position={position} onLeave={() => void meeting.leave()} />
    </Shell>
  )
}

/** Whoever is to come in muted does, once; and may unmute. */
function muteOnEntry({ session }: Meeting, media: LocalMedia): void {
  const off = session.on('joined', ({ participant, resumed }) => {
    off()
    if (!resumed && readMetadata(participant.metadata).muted) void media.setMicrophone(false)
  })
}

/** Loads the page of the meeting's link, which asks for a seat. */
function askAgain(): void {
  dropSeat()
  location.reload()
}

function linkOf({ meeting }: Seat): string | undefined {
  return meeting && `${location.origin}/m/${meeting.number}`
}

function invitationLink(code: string, room: string): string {
  return `${location.origin}/#${new URLSearchParams({ code, room }).toString()}`
}
