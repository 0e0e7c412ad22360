import { ActionIcon, Indicator, Tooltip } from '@mantine/core'
import { IconUsersGroup } from '@tabler/icons-react'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { problemText } from '../../api/problem'
import type { LocalMedia } from '../../devices/localMedia'
import type { MeetingSeat } from '../../entry/invitation'
import type { Meeting } from '../../rtc'
import { useLocal, useRoster } from '../useStore'
import { AskedDialog } from './AskedDialog'
import { KnockToast } from './KnockToast'
import { LeaveDialog } from './LeaveDialog'
import { isHost, readMetadata } from './metadata'
import { inRoom } from './people'
import { PeoplePanel } from './PeoplePanel'
import { Toast } from './Toast'
import { useHostActions, useHosting } from './useHosting'

interface Props {
  meeting: Meeting
  seat: MeetingSeat
  media: LocalMedia
  opened: boolean
  onOpen: (opened: boolean) => void
  /** A host is about to leave, and says whether for all. */
  leaving: boolean
  onStay: () => void
}

/** What a meeting has beyond a room: its people, and what hosts do. */
export default function InMeeting(props: Props) {
  const [client] = useState(() => new QueryClient({ defaultOptions: { queries: { retry: 1, staleTime: 5_000 } } }))
  return (
    <QueryClientProvider client={client}>
      <Inside {...props} />
    </QueryClientProvider>
  )
}

function Inside({ meeting, seat, media, opened, onOpen, leaving, onStay }: Props) {
  const { t } = useTranslation('meetings')
  const app = useTranslation('app').t
  const roster = useRoster(meeting)
  const local = useLocal(media)
  const host = seat.user && isHost(readMetadata(roster.self?.metadata))
  const { people, lobby, knock, dropKnock } = useHosting(seat.id, host)
  const [told, setTold] = useState<string>()
  const { actions, run, busy } = useHostActions(seat.id, (error) => setTold(problemText(app, error, { not_found: t('host.gone'), conflict: t('host.gone') })))
  const label = lobby.length > 0 ? t('host.openWaiting', { count: lobby.length }) : t('host.open')
  const { session } = meeting

  const [asked, setAsked] = useState(false)
  useEffect(() => session.on('asked', ({ what }) => what === 'unmute' && setAsked(true)), [session])
  if (asked && local.microphone.on) setAsked(false)
  return (
    <>
      <Tooltip label={label}>
        <Indicator label={lobby.length} size={17} disabled={lobby.length === 0} color="orange" autoContrast offset={4}>
          <ActionIcon variant={opened ? 'light' : 'subtle'} color={opened ? 'rail' : 'gray'} size="lg" aria-label={label} aria-expanded={opened} aria-controls="meeting-people" onClick={() => onOpen(!opened)} data-testid="open-people">
            <IconUsersGroup size={20} />
          </ActionIcon>
        </Indicator>
      </Tooltip>
      {opened && <PeoplePanel seat={seat} roster={roster} host={host} people={people} lobby={lobby} actions={actions} run={run} busy={busy} onTell={setTold} onClose={() => onOpen(false)} />}
      {knock && !opened && (
        <KnockToast
          knock={knock}
          count={lobby.length}
          onAdmit={() => {
            run(() => actions.admit(knock.identity))
            dropKnock()
          }}
          onOpen={() => {
            dropKnock()
            onOpen(true)
          }}
          onClose={dropKnock}
        />
      )}
      <Toast text={told} onClose={() => setTold(undefined)} />
      <AskedDialog
        opened={asked}
        onUnmute={() => {
          setAsked(false)
          void media.setMicrophone(true)
        }}
        onClose={() => setAsked(false)}
      />
      <LeaveDialog opened={leaving} present={inRoom(roster.self, roster.others)} onAssign={actions.assign} onLeave={() => void session.leave()} onEnd={() => actions.end()} onClose={onStay} />
    </>
  )
}
