import type { Labels } from './labels'
import type { Slot } from './slot'

/** When no announcement and no source covers a frame, the sources are read again after so long. */
const LOOK_AGAIN = 30

/** Labels what a video element shows of a slot, frame by frame, until the returned function is called. */
export function watchFrames(labels: Labels, slot: Pick<Slot, 'mid' | 'receiver'>, video: HTMLVideoElement): () => void {
  let stopped = false
  let handle = 0
  let again: ReturnType<typeof setTimeout> | undefined

  const onFrame = (_now: number, metadata: VideoFrameCallbackMetadata) => {
    if (stopped) return
    handle = video.requestVideoFrameCallback(onFrame)
    clearTimeout(again)
    const { rtpTimestamp } = metadata
    // A frame without a timestamp was not received but drawn by the browser itself.
    if (rtpTimestamp === undefined) return
    const look = () => labels.frame(slot.mid, { rtpTimestamp }, slot.receiver.getContributingSources())
    if (look() === undefined) again = setTimeout(look, LOOK_AGAIN)
  }
  handle = video.requestVideoFrameCallback(onFrame)

  return () => {
    stopped = true
    clearTimeout(again)
    video.cancelVideoFrameCallback(handle)
    labels.clear(slot.mid)
  }
}
