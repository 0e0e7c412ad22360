import type { EncodingOffer, TrackSource } from './messages'

/** One encoding as the sender is told to make it and as the offer describes it. */
export interface PlannedEncoding extends EncodingOffer {
  scaleResolutionDownBy: number
}

const QUARTER = { rid: 'q', scale: 4 }
const HALF = { rid: 'h', scale: 2 }
const FULL = { rid: 'f', scale: 1 }

/**
 * The encodings of a video capture, smallest first. Browsers send fewer layers than asked for from
 * small captures and then leave out the full size, so small captures ask for fewer: three from 720
 * lines on, two from 360, else one. A screen has one: it is read, not glanced at.
 */
export function planEncodings(source: TrackSource, width: number, height: number): PlannedEncoding[] {
  if (source === 'screen') return [{ ...size(width, height, FULL), maxBitrate: 3_000_000 }]
  const lines = Math.min(width, height)
  const ladder = lines >= 720 ? [QUARTER, HALF, FULL] : lines >= 360 ? [HALF, FULL] : [FULL]
  return ladder.map((step) => {
    const scaled = size(width, height, step)
    return { ...scaled, maxBitrate: bitrate(scaled.width * scaled.height) }
  })
}

function size(width: number, height: number, { rid, scale }: typeof FULL) {
  return {
    rid,
    width: Math.round(width / scale),
    height: Math.round(height / scale),
    scaleResolutionDownBy: scale,
  }
}

/** Bits per second that suit a picture of so many pixels at 30 frames a second. */
function bitrate(pixels: number): number {
  if (pixels >= 1920 * 1080) return 3_000_000
  if (pixels >= 1280 * 720) return 1_700_000
  if (pixels >= 960 * 540) return 1_000_000
  if (pixels >= 640 * 360) return 600_000
  if (pixels >= 320 * 180) return 200_000
  return 120_000
}
