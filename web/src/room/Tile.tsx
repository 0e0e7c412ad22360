import { Loader, Tooltip, UnstyledButton } from '@mantine/core'
import { IconMicrophoneOff, IconPin, IconPinnedOff, IconScreenShare } from '@tabler/icons-react'
import { type ReactNode, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import type { Participant, Publication } from '../rtc'
import { type TileSpec, targetOf } from './arrange'
import { Avatar } from './Avatar'
import { useRoom } from './context'
import { HandBadge } from './hands/HandBadge'
import { pictureOf } from './hosts/metadata'
import classes from './Tile.module.css'
import { useDemand } from './useDemand'
import { useLabel, usePicture } from './useStore'
import { SlotVideo } from './Video'

/** One other participant or screen. Its name is that of the picture on it, frame by frame. */
export function Tile({ spec, onStage = false }: { spec: TileSpec; onStage?: boolean }) {
  const { t } = useTranslation()
  const room = useRoom()
  const ref = useRef<HTMLElement>(null)
  const number = usePicture(room.labels, spec.slot)
  const label = useLabel(room.labels, spec.slot)
  const { participant, publication, picture } = whatIsShown(spec, number, room.roster.others)
  // The picture may be another's by now: then it stays, and nothing is said of whose it is.
  const sure = !picture || label !== undefined
  const native = onStage && spec.kind === 'screen' && publication ? publication : undefined
  useDemand(room.demands, spec, ref, native)

  const isScreen = publication?.source === 'screen'
  const person = participant?.name ?? ''
  const name = !sure ? '' : isScreen ? t('tile.screenOf', { name: person }) : person
  const silent = sure && participant !== undefined && !isScreen && isSilent(participant)
  const speaking = sure && !isScreen && room.roster.speakers.some((s) => s.participant === participant?.id)
  const place = sure && participant ? room.hands.get(participant.id) : undefined
  const overlay = overlayOf(spec, participant, picture, room.mediaUp)
  const key = participant && publication ? targetOf(participant, publication).key : undefined
  const pinned = key !== undefined && key === room.pin
  const togglePin = () => room.onPin(pinned ? undefined : key)

  return (
    <article
      ref={ref}
      className={classes.tile}
      data-testid="tile"
      data-kind={isScreen ? 'screen' : 'camera'}
      data-participant={sure ? participant?.id : undefined}
      data-publication={picture && sure ? publication?.id : undefined}
      data-number={picture ? label : undefined}
      data-slot={spec.slot?.mid}
      data-stage={onStage || undefined}
      data-state={overlay ?? (picture ? 'playing' : 'avatar')}
      data-speaking={speaking || undefined}
      data-pinnable={key !== undefined || undefined}
      aria-label={[name, silent && t('tile.muted'), speaking && t('tile.speaking'), place !== undefined && t('hands.raised', { place })].filter(Boolean).join(', ')}
      onClick={key ? togglePin : undefined}
    >
      {!picture && participant && !isScreen && <Avatar name={person} identity={participant.identity} picture={pictureOf(participant.metadata)} />}
      {spec.slot && (
        <SlotVideo
          slot={spec.slot}
          labels={room.labels}
          fit={isScreen ? 'contain' : 'cover'}
          hidden={!picture}
          className={classes.video}
          label={name}
        />
      )}
      {overlay && (
        <div className={classes.overlay} data-dim={picture || undefined}>
          {(overlay === 'connecting' || overlay === 'reconnecting') && <Loader size="sm" />}
          <span>{overlay === 'connecting' || overlay === 'reconnecting' ? t(`tile.${overlay}`) : t(`tile.paused.${overlay}`)}</span>
        </div>
      )}
      <NamePill name={name} silent={silent} screen={isScreen} />
      {place !== undefined && !isScreen && (
        <div className={classes.hand}>
          <HandBadge place={place} />
        </div>
      )}
      {key && (
        <Tooltip label={pinned ? t('tile.unpin', { name }) : t('tile.pin', { name })} position="left">
          <UnstyledButton
            className={classes.pin}
            data-testid="pin"
            data-pinned={pinned || undefined}
            aria-pressed={pinned}
            aria-label={pinned ? t('tile.unpin', { name }) : t('tile.pin', { name })}
            onClick={(event) => {
              event.stopPropagation()
              togglePin()
            }}
          >
            {pinned ? <IconPinnedOff size={18} /> : <IconPin size={18} />}
          </UnstyledButton>
        </Tooltip>
      )}
    </article>
  )
}

/** The name in the corner of a tile. It lies over the picture, so its length moves nothing. */
export function NamePill({ name, silent, screen = false }: { name: string; silent: boolean; screen?: boolean }): ReactNode {
  if (!name) return null
  return (
    <div className={classes.name} data-testid="tile-name">
      {screen && <IconScreenShare size={15} className={classes.icon} aria-hidden />}
      {silent && <IconMicrophoneOff size={15} className={classes.muted} data-testid="tile-muted" aria-hidden />}
      <span>{name}</span>
    </div>
  )
}

interface Shown {
  participant: Participant | undefined
  publication: Publication | undefined
  /** The slot's picture is this publication's, and may be shown. */
  picture: boolean
}

/**
 * What a tile shows: the labelled picture, if there is one and it is what the tile is for; otherwise
 * the person that it is for, without a picture.
 */
function whatIsShown({ slot, target, participant }: TileSpec, number: number | undefined, others: readonly Participant[]): Shown {
  const labelled = find(others, (p) => p.number === number)
  const flowing = slot?.state.publication
  if (labelled && flowing !== undefined && !labelled.publication.muted) {
    const expected = target === undefined || target.publication === labelled.publication.id
    if (expected) return { ...labelled, picture: true }
  }
  const intended = target ? find(others, (p) => p.id === target.publication) : undefined
  if (intended) return { ...intended, picture: false }
  const muted = labelled?.publication.muted ? labelled : undefined
  return {
    participant: muted?.participant ?? others.find((p) => p.id === participant),
    publication: muted?.publication,
    picture: false,
  }
}

function find(others: readonly Participant[], fits: (publication: Publication) => boolean) {
  for (const participant of others) {
    const publication = participant.publications.find(fits)
    if (publication) return { participant, publication }
  }
  return undefined
}

function isSilent({ publications }: Participant): boolean {
  return !publications.some((p) => p.source === 'microphone' && !p.muted)
}

type Overlay = 'connecting' | 'reconnecting' | 'bandwidth' | 'codec' | 'inactive'

function overlayOf(spec: TileSpec, participant: Participant | undefined, picture: boolean, mediaUp: boolean): Overlay | undefined {
  const { slot } = spec
  if (participant?.state === 'reconnecting') return 'reconnecting'
  const paused = slot?.state.paused
  if (paused === 'inactive' && !picture) return 'connecting' // no packet has come yet
  if (paused === 'bandwidth' || paused === 'codec' || paused === 'inactive' || paused === 'reconnecting') return paused
  if (paused !== undefined || !slot) return undefined
  if (!mediaUp) return 'connecting'
  return spec.kind === 'screen' && !picture ? 'connecting' : undefined
}
