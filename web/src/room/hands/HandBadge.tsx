import { IconHandStop } from '@tabler/icons-react'
import classes from './Hands.module.css'

/** A raised hand with its place in the queue. Its words are in the label of what it is on. */
export function HandBadge({ place }: { place: number }) {
  return (
    <span className={classes.badge} data-testid="hand" data-place={place} aria-hidden>
      <IconHandStop size={15} stroke={2.2} />
      {place}
    </span>
  )
}
