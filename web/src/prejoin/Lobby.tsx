import { Button, Loader, Stack, Text, Title } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { LocalMedia } from '../devices/localMedia'
import { useLocal } from '../room/useStore'
import classes from './PreJoin.module.css'
import { Preview } from './Preview'

interface Props {
  media: LocalMedia
  title: string
  /** What the server says; empty while the connection is being made again. */
  message: string
  position: number
  onLeave: () => void
}

/** In front of the door: why one waits, and how one looks meanwhile. */
export function Lobby({ media, title, message, position, onLeave }: Props) {
  const { t } = useTranslation('meetings')
  const local = useLocal(media)
  return (
    <main className={classes.page} data-testid="lobby">
      <div className={classes.left}>
        <Preview media={media} local={local} />
      </div>
      <Stack gap="md" className={classes.right}>
        <div>
          <Title order={1} size="h2">
            {t('lobby.title')}
          </Title>
          <Text c="dimmed">{title}</Text>
        </div>
        <div role="status">
          <Text style={{ display: 'flex', alignItems: 'center', gap: 12 }}>
            <Loader size={20} type="dots" aria-hidden />
            <span>{message || t('lobby.connecting')}</span>
          </Text>
          {message !== '' && position > 0 && (
            <Text mt={6} c="dimmed" data-testid="position">
              {t('lobby.position', { position })}
            </Text>
          )}
        </div>
        <Text size="sm" c="dimmed">
          {t('lobby.stay')}
        </Text>
        <Button variant="default" onClick={onLeave} data-testid="leave-lobby">
          {t('lobby.leave')}
        </Button>
      </Stack>
    </main>
  )
}
