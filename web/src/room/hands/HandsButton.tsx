import { Button, Group, Popover, Text, UnstyledButton } from '@mantine/core'
import { IconHandStop } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import type { RaisedHand } from '../../rtc'
import { HandBadge } from './HandBadge'
import classes from './Hands.module.css'
import { useTimeOfDay } from '../useTimeOfDay'

interface Props {
  hands: readonly RaisedHand[]
  /** Shows the queue elsewhere; absent: it is shown here. */
  onOpen?: (() => void) | undefined
  /** Absent: only its owner may lower a hand. */
  lower?: ((participant: string) => void) | undefined
  lowerAll?: (() => void) | undefined
}

/** How many hands are raised, while there are any; it opens the queue. */
export function HandsButton({ hands, onOpen, lower, lowerAll }: Props) {
  const { t } = useTranslation()
  if (hands.length === 0) return null
  const label = t('hands.count', { count: hands.length })
  const button = (
    <UnstyledButton className={classes.button} aria-label={label} title={label} data-testid="hands" onClick={onOpen}>
      <IconHandStop size={16} stroke={2.2} aria-hidden /> {hands.length}
    </UnstyledButton>
  )
  if (onOpen) return button
  return (
    <Popover position="bottom" shadow="md" trapFocus returnFocus>
      <Popover.Target>{button}</Popover.Target>
      <Popover.Dropdown p="sm" aria-label={t('hands.title')} data-testid="hand-queue">
        <Group justify="space-between" gap="lg" wrap="nowrap">
          <Text fw={600} size="sm">
            {t('hands.title')}
          </Text>
          {lowerAll && (
            <Button size="compact-xs" variant="default" onClick={lowerAll} data-testid="lower-all">
              {t('hands.lowerAll')}
            </Button>
          )}
        </Group>
        <ol className={classes.queue}>
          {hands.map((raised) => (
            <QueueRow key={raised.participant.id} raised={raised} lower={lower} />
          ))}
        </ol>
      </Popover.Dropdown>
    </Popover>
  )
}

function QueueRow({ raised: { participant, hand, place }, lower }: { raised: RaisedHand; lower: Props['lower'] }) {
  const { t } = useTranslation()
  const time = useTimeOfDay()
  const { id, name } = participant
  return (
    <li className={classes.row} data-testid="queued" data-participant={id}>
      <HandBadge place={place} />
      <span className={classes.name}>
        {name}
        <Text component="time" dateTime={hand.at} size="xs" c="dimmed" className={classes.time}>
          {time(hand.at)}
        </Text>
      </span>
      {lower && (
        <Button size="compact-xs" variant="default" aria-label={t('hands.lowerNamed', { name })} onClick={() => lower(id)} data-testid="lower-hand">
          {t('hands.lowerOne')}
        </Button>
      )}
    </li>
  )
}
