import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import type { Participant } from '../rtc'
import type { LocalView } from '../devices/localMedia'
import { Avatar } from './Avatar'
import { useRoom } from './context'
import { HandBadge } from './hands/HandBadge'
import { pictureOf } from './hosts/metadata'
import { NamePill } from './Tile'
import classes from './Tile.module.css'
import { Video } from './Video'

/** Oneself, in a mirror. */
export function SelfTile({ self, local, speaking }: { self: Participant | undefined; local: LocalView; speaking: boolean }) {
  const { t } = useTranslation()
  const { hands } = useRoom()
  const { track, on } = local.camera
  const stream = useMemo(() => (track ? new MediaStream([track]) : undefined), [track])
  const place = self && hands.get(self.id)
  const name = self?.name ? t('tile.you', { name: self.name }) : t('tile.self')
  return (
    <article
      className={classes.tile}
      data-testid="self-tile"
      data-kind="self"
      data-participant={self?.id}
      data-speaking={speaking || undefined}
      aria-label={[name, !local.microphone.on && t('tile.muted'), place !== undefined && t('hands.raised', { place })].filter(Boolean).join(', ')}
    >
      {on && stream ? (
        <Video stream={stream} fit="cover" mirrored className={classes.video} label={name} />
      ) : (
        <Avatar name={self?.name ?? ''} identity={self?.identity ?? ''} picture={pictureOf(self?.metadata)} />
      )}
      <NamePill name={name} silent={!local.microphone.on} />
      {place !== undefined && (
        <div className={classes.hand}>
          <HandBadge place={place} />
        </div>
      )}
    </article>
  )
}
