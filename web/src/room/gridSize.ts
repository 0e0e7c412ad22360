export interface GridSize {
  columns: number
  width: number
  height: number
}

/** Shapes that a tile may have. On a narrow screen it may be as tall as a face rather than tiny. */
const SHAPES = [16 / 9]
const NARROW_SHAPES = [16 / 9, 4 / 3, 1, 4 / 5]

/** The largest tiles of one size that fit `count` times into a box, `gap` apart. */
export function gridSize(count: number, boxWidth: number, boxHeight: number, gap: number): GridSize {
  const shapes = boxWidth < 560 ? NARROW_SHAPES : SHAPES
  let best: GridSize = { columns: 1, width: 0, height: 0 }
  for (let columns = 1; columns <= Math.max(1, count); columns++) {
    const rows = Math.ceil(count / columns)
    const fitWidth = (boxWidth - gap * (columns - 1)) / columns
    const fitHeight = (boxHeight - gap * (rows - 1)) / rows
    for (const shape of shapes) {
      const width = Math.floor(Math.min(fitWidth, fitHeight * shape))
      const height = Math.floor(width / shape)
      if (width > 0 && width * height > best.width * best.height) best = { columns, width, height }
    }
  }
  return best
}
