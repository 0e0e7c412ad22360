import { BASE } from '../../api/client'
import { ApiError, readProblem } from '../../api/problem'

export const ACCEPTED = 'image/jpeg,image/png,image/tiff'
export const MOST_BYTES = 10 << 20

/** The side of the largest picture that the server keeps. */
const SIDE = 512

/** A square of a picture in its pixels. */
export interface Square {
  x: number
  y: number
  width: number
}

/** Browsers can't show TIFF: what of it is kept is left to the server, which takes the middle. */
export function isTiff({ type, name }: Pick<File, 'type' | 'name'>): boolean {
  return type === 'image/tiff' || /\.tiff?$/i.test(name)
}

/** Cuts a square out as it is seen, with the turn that a camera noted, at the size that is kept. */
export async function cut(file: Blob, { x, y, width }: Square): Promise<Blob> {
  const whole = await createImageBitmap(file)
  const canvas = document.createElement('canvas')
  canvas.width = SIDE
  canvas.height = SIDE
  const pen = canvas.getContext('2d')
  if (!pen) throw new Error('no canvas')
  pen.imageSmoothingQuality = 'high'
  pen.drawImage(whole, x, y, width, width, 0, 0, SIDE, SIDE)
  whole.close()
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('no picture'))), 'image/png')
  })
}

/** Makes a picture one's own. The generated client has no form data. */
export async function upload(picture: Blob): Promise<void> {
  const body = new FormData()
  body.append('file', picture, 'picture')
  const response = await fetch(`${BASE}/me/avatar`, { method: 'PUT', body, credentials: 'same-origin' })
  if (response.ok) return
  const problem: unknown = await response.json().catch(() => undefined)
  throw new ApiError(readProblem(problem, response.status), response.headers.get('Retry-After'))
}
