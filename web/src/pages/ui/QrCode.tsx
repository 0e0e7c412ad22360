import { encode } from 'uqr'

interface Props {
  value: string
  /** What it is, for who does not see it. */
  title: string
  /** Its side, in px. */
  size: number
}

/** A QR code, dark on light whatever the theme: that is what readers want. */
export function QrCode({ value, title, size }: Props) {
  const { data, size: side } = encode(value, { ecc: 'M', border: 4 })
  const dots = data.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : [])))
  return (
    <svg width={size} height={size} viewBox={`0 0 ${side} ${side}`} role="img" aria-label={title} shapeRendering="crispEdges" display="block" data-testid="qr">
      <path d={`M0 0h${side}v${side}h-${side}z`} fill="#fff" />
      <path d={dots.join('')} fill="#000" />
    </svg>
  )
}
