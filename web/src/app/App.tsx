import { useCallback, useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { LocalMedia } from '../devices/localMedia'
import { type Seat, parseInvitation } from '../entry/invitation'
import { NoSeat } from '../entry/NoSeat'
import { claim } from '../entry/claim'
import { keepName, readName } from '../entry/name'
import { dropSeat, findSeat, keepSeat, markInRoom } from '../entry/seat'
import { PreJoin } from '../prejoin/PreJoin'
import { RoomPage } from '../room/RoomPage'
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
  | { at: 'after'; end: End }

/** The page's course: arrive, get ready, meet, leave. */
export function App() {
  const { t } = useTranslation()
  const [page, setPage] = useState<Page>({ at: 'arriving' })
  const arrived = useRef(false)

  const enter = useCallback((seat: Seat, media: LocalMedia, name: string) => {
    const meeting = meetingFor(seat, name)
    meeting.session.on('status', (state) => {
      if (state.status === 'joined') markInRoom(true)
      if (state.status !== 'left') return
      if (state.reason === 'unauthorized' || state.reason === 'expired') dropSeat()
      markInRoom(false)
      media.close()
      delete window.switchyard
      setPage({ at: 'after', end: state })
    })
    showForDiagnosis(meeting)
    media.attach(meeting.peer)
    setPage({ at: 'inside', seat, media, meeting })
    meeting.join().catch(() => undefined) // told by the session's state
  }, [])

  const arrive = useCallback(async () => {
    setPage({ at: 'arriving' })
    try {
      const arrival = await findSeat(parseInvitation(location.hash))
      if (!arrival) {
        setPage({ at: 'outside', error: undefined })
        return
      }
      const media = new LocalMedia()
      const name = readName()
      if (arrival.returning && name) {
        enter(arrival.seat, media, name)
        await media.start()
      } else {
        setPage({ at: 'door', seat: arrival.seat, media })
        await media.start()
      }
    } catch (error) {
      setPage({ at: 'outside', error })
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
    keepName(name)
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
      const invitation = seat.code === undefined ? undefined : invitationLink(seat.code, seat.room)
      return <RoomPage meeting={meeting} media={media} title={t('prejoin.room', { room: seat.room })} invitation={invitation} />
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
            name={readName()}
            onJoin={(name) => join(page.seat, page.media, name)}
          />
        </Shell>
      )
    case 'after':
      return (
        <Shell>
          <Ended end={page.end} onAgain={() => void arrive()} />
        </Shell>
      )
  }
}

function invitationLink(code: string, room: string): string {
  return `${location.origin}/#${new URLSearchParams({ code, room }).toString()}`
}
