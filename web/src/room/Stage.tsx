import { Text } from '@mantine/core'
import { type CSSProperties, type ReactNode, useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Scene, TileSpec } from './arrange'
import { gridSize } from './gridSize'
import classes from './Stage.module.css'
import { Tile } from './Tile'

const GAP = 10

interface Props {
  scene: Scene
  self: ReactNode
  /** What to show in place of the others when there are none. */
  alone: ReactNode
}

/** Everybody's tiles: one in focus with the others beside it, or all of one size. */
export function Stage({ scene, self, alone }: Props) {
  const { t } = useTranslation()
  const { stage, tiles, hidden } = scene
  if (stage) {
    return (
      <div className={classes.focus}>
        <section className={classes.stage} aria-label={t('room.stage')}>
          <Tile key={stage.key} spec={stage} onStage />
        </section>
        <section className={classes.strip} aria-label={t('room.strip')}>
          <div className={classes.stripTile}>{self}</div>
          {tiles.map((spec) => (
            <div key={spec.key} className={classes.stripTile}>
              <Tile spec={spec} />
            </div>
          ))}
          <More count={hidden} />
        </section>
      </div>
    )
  }
  const [only] = tiles
  if (tiles.length === 0 || !only) {
    return (
      <div className={classes.alone}>
        <div className={classes.aloneTile}>{self}</div>
        {alone}
      </div>
    )
  }
  if (tiles.length === 1) {
    return (
      <section className={classes.pair} aria-label={t('room.grid')}>
        <Tile key={only.key} spec={only} />
        <div className={classes.corner}>{self}</div>
      </section>
    )
  }
  return <Grid tiles={tiles} self={self} hidden={hidden} />
}

function Grid({ tiles, self, hidden }: { tiles: TileSpec[]; self: ReactNode; hidden: number }) {
  const { t } = useTranslation()
  const ref = useRef<HTMLElement>(null)
  const [box, setBox] = useState({ width: 0, height: 0 })
  useEffect(() => {
    const element = ref.current
    if (!element) return
    const observer = new ResizeObserver(([entry]) => {
      if (entry) setBox({ width: entry.contentRect.width, height: entry.contentRect.height })
    })
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  const size = gridSize(tiles.length + 1, box.width, box.height, GAP)
  const style: CSSProperties = {
    gridTemplateColumns: `repeat(${size.columns * 2}, ${(size.width - GAP) / 2}px)`,
    gridAutoRows: `${size.height}px`,
  }
  const count = tiles.length + 1
  const lastRow = count % size.columns || size.columns
  // Tiles span two narrow columns each, so that a last row that is not full can stand in the middle.
  const place = (index: number): CSSProperties =>
    index === count - lastRow && lastRow < size.columns
      ? { gridColumn: `${size.columns - lastRow + 1} / span 2` }
      : { gridColumn: 'span 2' }
  return (
    <section ref={ref} className={classes.grid} data-more={hidden > 0 || undefined} style={style} aria-label={t('room.grid')}>
      {tiles.map((spec, index) => (
        <div key={spec.key} style={place(index)}>
          <Tile spec={spec} />
        </div>
      ))}
      <div style={place(tiles.length)}>{self}</div>
      <More count={hidden} />
    </section>
  )
}

function More({ count }: { count: number }) {
  const { t } = useTranslation()
  if (count <= 0) return null
  return (
    <Text className={classes.more} size="sm" data-testid="more">
      {t('tile.more', { count })}
    </Text>
  )
}
