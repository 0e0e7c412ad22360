import type { CSSProperties } from 'react'
import classes from './Avatar.module.css'

const HUES = [210, 190, 165, 265, 235, 330, 20, 45]

/** A person that is not seen: its account's picture, else initials on a colour that stays with the identity. */
export function Avatar({ name, identity, picture }: { name: string; identity: string; picture?: string | undefined }) {
  const hue = HUES[hash(identity) % HUES.length] ?? 210
  return (
    <div className={classes.avatar} style={{ '--hue': hue } as CSSProperties} aria-hidden="true">
      {initials(name)}
      {picture && <img src={picture} alt="" className={classes.picture} onError={({ currentTarget }) => currentTarget.remove()} />}
    </div>
  )
}

function initials(name: string): string {
  const words = name.trim().split(/\s+/).filter(Boolean)
  const picked = words.length > 1 ? [words[0], words.at(-1)] : words
  return picked.map((word) => Array.from(word ?? '')[0]?.toLocaleUpperCase() ?? '').join('') || '?'
}

function hash(text: string): number {
  let value = 0
  for (const char of text) value = (value * 31 + (char.codePointAt(0) ?? 0)) >>> 0
  return value
}
