import type { CSSProperties } from 'react'
import type { Floating } from './floating'
import classes from './Reactions.module.css'

/** Reactions rise over the stage, each with the name of who sent it. Screen readers are told by the announcer. */
export function ReactionsOverlay({ reactions }: { reactions: readonly Floating[] }) {
  return (
    <div className={classes.overlay} aria-hidden data-testid="reactions">
      {reactions.map(({ id, emoji, name, lane }) => (
        <div key={id} className={classes.floating} style={{ '--lane': lane, '--column': lane % 3, '--row': Math.floor(lane / 3) } as CSSProperties} data-testid="reaction">
          <span className={classes.emoji}>{emoji}</span>
          {name && <span className={classes.sender}>{name}</span>}
        </div>
      ))}
    </div>
  )
}
