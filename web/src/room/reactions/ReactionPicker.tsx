import { Popover, Switch, UnstyledButton } from '@mantine/core'
import { IconMoodSmile } from '@tabler/icons-react'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type Emoji, ProtocolError, REACTIONS } from '../../rtc'
import { Control } from '../Control'
import { EMOJI_NAMES } from './names'
import classes from './Reactions.module.css'

/** When the server does not say how long to wait. */
const REST = 1_000

export interface Reacting {
  /** Absent: one may not. */
  react: ((emoji: Emoji) => Promise<unknown>) | undefined
  shown: boolean
  onShow: (shown: boolean) => void
  opened: boolean
  onOpen: (opened: boolean) => void
}

/** The button that opens the few things to react with, and whether reactions are shown at all. */
export function ReactionPicker({ react, shown, onShow, opened, onOpen }: Reacting) {
  const { t } = useTranslation()
  const [resting, setResting] = useState<number>()
  useEffect(() => {
    if (resting === undefined) return
    const timer = setTimeout(() => setResting(undefined), resting)
    return () => clearTimeout(timer)
  }, [resting])

  const send = (emoji: Emoji) => {
    if (!react || resting !== undefined) return
    react(emoji).catch((error: unknown) => {
      if (error instanceof ProtocolError && error.code === 'rate_limited') setResting(error.retryMs ?? REST)
    })
  }
  return (
    <Popover opened={opened} onChange={onOpen} position="top" shadow="md" trapFocus returnFocus withinPortal>
      <Popover.Target>
        <Control testId="open-reactions" label={t('reactions.open')} keys="R" active={opened} onClick={() => onOpen(!opened)}>
          <IconMoodSmile />
        </Control>
      </Popover.Target>
      <Popover.Dropdown p="xs" aria-label={t('reactions.open')} data-testid="reaction-picker">
        {react && (
          <div className={classes.choices}>
            {REACTIONS.map((emoji) => (
              <UnstyledButton
                key={emoji}
                className={classes.choice}
                aria-label={t(EMOJI_NAMES[emoji])}
                aria-disabled={resting !== undefined}
                title={t(EMOJI_NAMES[emoji])}
                data-testid="react"
                data-emoji={emoji}
                onClick={() => send(emoji)}
              >
                {emoji}
              </UnstyledButton>
            ))}
          </div>
        )}
        {resting !== undefined && (
          <div className={classes.resting} role="status">
            {t('reactions.tooMany')}
          </div>
        )}
        <Switch
          className={classes.show}
          size="sm"
          label={t('reactions.show')}
          checked={shown}
          onChange={(event) => onShow(event.currentTarget.checked)}
          data-testid="show-reactions"
        />
      </Popover.Dropdown>
    </Popover>
  )
}
