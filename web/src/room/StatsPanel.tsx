import { ActionIcon, Paper, Table, Text } from '@mantine/core'
import { IconX } from '@tabler/icons-react'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Roster, Stats, StatsSample, TrackStats } from '../rtc'
import classes from './StatsPanel.module.css'

interface Props {
  stats: Pick<Stats, 'watch'>
  roster: Pick<Roster, 'byNumber'>
  onClose: () => void
}

/** What each stream is doing now, second by second. */
export function StatsPanel({ stats, roster, onClose }: Props) {
  const { t } = useTranslation()
  const [sample, setSample] = useState<StatsSample>()
  useEffect(() => stats.watch(setSample), [stats])
  const tracks = sample?.tracks.filter((track) => track.bitrate > 0) ?? []
  return (
    <Paper className={classes.panel} data-testid="stats" role="region" aria-label={t('stats.title')}>
      <header className={classes.header}>
        <Text fw={600}>{t('stats.title')}</Text>
        <PathLine sample={sample} />
        <ActionIcon variant="subtle" color="gray" aria-label={t('stats.close')} onClick={onClose}>
          <IconX size={18} />
        </ActionIcon>
      </header>
      {tracks.length === 0 ? (
        <Text c="dimmed" size="sm">
          {t('stats.empty')}
        </Text>
      ) : (
        <div className={classes.scroll}>
          <Table fz="xs" verticalSpacing={3} className={classes.table}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t('stats.track')}</Table.Th>
                <Table.Th>{t('stats.codec')}</Table.Th>
                <Table.Th>{t('stats.resolution')}</Table.Th>
                <Table.Th>{t('stats.fps')}</Table.Th>
                <Table.Th>{t('stats.bitrate')}</Table.Th>
                <Table.Th>{t('stats.loss')}</Table.Th>
                <Table.Th>{t('stats.jitter')}</Table.Th>
                <Table.Th>{t('stats.rtt')}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {tracks.map((track) => (
                <Row key={`${track.direction} ${track.mid} ${track.rid ?? ''}`} track={track} roster={roster} />
              ))}
            </Table.Tbody>
          </Table>
        </div>
      )}
    </Paper>
  )
}

function PathLine({ sample }: { sample: StatsSample | undefined }) {
  const { t } = useTranslation()
  const path = sample?.path
  const sum = (direction: 'in' | 'out') =>
    (sample?.tracks ?? []).filter((s) => s.direction === direction).reduce((total, s) => total + s.bitrate, 0)
  return (
    <Text size="xs" c="dimmed" className={classes.path}>
      {path && `${path.protocol.toUpperCase()} · ${path.local.split(' ')[0] ?? ''} · `}
      {path?.rttMs !== undefined && `${t('stats.ms', { value: Math.round(path.rttMs) })} · `}
      {t('stats.total', { in: useRate(sum('in')), out: useRate(sum('out')) })}
    </Text>
  )
}

function Row({ track, roster }: { track: TrackStats; roster: Props['roster'] }) {
  const { t } = useTranslation()
  const from = track.number === undefined ? undefined : roster.byNumber(track.number)
  const what = [from?.participant.name, from?.publication.source ?? track.kind, track.rid].filter(Boolean).join(' · ')
  const limited = track.limitation !== 'none' ? t('stats.limited', { reason: track.limitation }) : undefined
  return (
    <Table.Tr data-direction={track.direction} data-mid={track.mid}>
      <Table.Td className={classes.what} title={what}>
        {track.direction === 'in' ? '↓' : '↑'} {what}
      </Table.Td>
      <Table.Td>{track.codec}</Table.Td>
      <Table.Td title={limited}>
        {track.width > 0 ? `${track.width}×${track.height}` : '–'}
        {limited && '*'}
      </Table.Td>
      <Table.Td>{track.kind === 'video' ? Math.round(track.fps) : '–'}</Table.Td>
      <Table.Td>{useRate(track.bitrate)}</Table.Td>
      <Table.Td>{t('stats.percent', { value: (track.loss * 100).toFixed(1) })}</Table.Td>
      <Table.Td>{track.jitterMs === undefined ? '–' : t('stats.ms', { value: Math.round(track.jitterMs) })}</Table.Td>
      <Table.Td>{track.rttMs === undefined ? '–' : t('stats.ms', { value: Math.round(track.rttMs) })}</Table.Td>
    </Table.Tr>
  )
}

function useRate(bitsPerSecond: number): string {
  const { t } = useTranslation()
  if (bitsPerSecond >= 1_000_000) return t('stats.mbps', { value: (bitsPerSecond / 1_000_000).toFixed(1) })
  return t('stats.kbps', { value: Math.round(bitsPerSecond / 1_000) })
}
