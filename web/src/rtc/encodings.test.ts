import { expect, it } from 'vitest'
import { planEncodings } from './encodings'

it.each([
  [1920, 1080, 'q480x270 h960x540 f1920x1080'],
  [1280, 720, 'q320x180 h640x360 f1280x720'],
  [720, 1280, 'q180x320 h360x640 f720x1280'],
  [960, 540, 'h480x270 f960x540'],
  [640, 360, 'h320x180 f640x360'],
  [640, 480, 'h320x240 f640x480'],
  [320, 180, 'f320x180'],
  [0, 0, 'f0x0'],
])('plans a camera of %d by %d', (width, height, plan) => {
  const encodings = planEncodings('camera', width, height)
  expect(encodings.map((e) => `${e.rid}${e.width}x${e.height}`).join(' ')).toBe(plan)
  const rates = encodings.map((e) => e.maxBitrate)
  expect(rates).toEqual(rates.toSorted((a, b) => a - b))
})

it('sends a screen once, in full size', () => {
  expect(planEncodings('screen', 2560, 1440)).toMatchObject([{ rid: 'f', scaleResolutionDownBy: 1, width: 2560 }])
})
