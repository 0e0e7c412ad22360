import { Button, Stack, Text, TextInput, Title } from '@mantine/core'
import { type SyntheticEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { LocalMedia } from '../devices/localMedia'
import { DeviceSelects } from '../devices/DeviceSelects'
import { useLocal } from '../room/useStore'
import classes from './PreJoin.module.css'
import { Preview } from './Preview'
import { ProblemHelp } from './ProblemHelp'

interface Props {
  room: string
  /** Of a meeting; else it is the room's name. */
  title?: string
  /** The name under which one joins whatever is typed here. */
  fixedName?: string
  /** One comes in with the microphone off. */
  muted?: boolean
  media: LocalMedia
  name: string
  onJoin: (name: string) => void
}

const MAX_NAME_BYTES = 128

/** The last stop before the meeting: name, picture, sound. */
export function PreJoin({ room, title, fixedName, muted = false, media, name: remembered, onJoin }: Props) {
  const { t } = useTranslation()
  const local = useLocal(media)
  const [name, setName] = useState(remembered)
  const [asked, setAsked] = useState(false)
  const missing = name.trim() === ''
  const { camera, microphone } = local
  const insecure = [camera, microphone].find((d) => d.problem?.reason === 'insecure')?.problem
  const problems = insecure ? [insecure] : [camera.problem, microphone.problem].filter((p) => p !== undefined)

  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    setAsked(true)
    if (!missing) onJoin(shorten(name.trim()))
  }
  return (
    <main className={classes.page} data-testid="prejoin">
      <div className={classes.left}>
        <Preview media={media} local={local} />
        {problems.map((problem) => (
          <ProblemHelp
            key={problem.device}
            problem={problem}
            onRetry={() => void (problem.device === 'camera' ? media.setCamera(true) : media.setMicrophone(true))}
          />
        ))}
      </div>
      <form className={classes.right} onSubmit={submit}>
        <Stack gap="md">
          <div>
            <Title order={1} size="h2">
              {t('prejoin.title')}
            </Title>
            <Text c="dimmed">{title ?? t('prejoin.room', { room })}</Text>
          </div>
          {fixedName !== undefined ? (
            <Text style={{ overflowWrap: 'anywhere' }} data-testid="fixed-name">
              {t('prejoin.as', { name: fixedName })}
            </Text>
          ) : (
          <TextInput
            label={t('prejoin.name')}
            placeholder={t('prejoin.namePlaceholder')}
            size="md"
            value={name}
            autoComplete="name"
            data-autofocus
            autoFocus
            data-testid="name"
            error={asked && missing ? t('prejoin.nameMissing') : undefined}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          )}
          {muted && (
            <Text size="sm" c="dimmed">
              {t('prejoin.muted')}
            </Text>
          )}
          {problems.length < 2 && !insecure ? (
            <DeviceSelects media={media} local={local} />
          ) : (
            <Text size="sm" c="dimmed">
              {t('prejoin.noDevices')}
            </Text>
          )}
          <Button type="submit" size="md" fullWidth autoFocus={fixedName !== undefined} data-testid="join">
            {t('prejoin.join')}
          </Button>
        </Stack>
      </form>
    </main>
  )
}

/** The server takes names of so many bytes; a longer one ends at a whole character. */
function shorten(name: string): string {
  let text = name
  while (new TextEncoder().encode(text).length > MAX_NAME_BYTES) text = Array.from(text).slice(0, -1).join('')
  return text
}
