import { type RefObject, useEffect, useRef } from 'react'
import { type Labels, type Slot, watchFrames } from '../rtc'

interface Props {
  stream: MediaStream
  fit: 'cover' | 'contain'
  mirrored?: boolean
  hidden?: boolean
  className?: string | undefined
  label: string
  videoRef?: RefObject<HTMLVideoElement | null>
}

/** A muted, self-playing picture of a stream; sound is played elsewhere. */
export function Video({ stream, fit, mirrored = false, hidden = false, className, label, videoRef }: Props) {
  const own = useRef<HTMLVideoElement>(null)
  const ref = videoRef ?? own
  useEffect(() => {
    const video = ref.current
    if (!video) return
    video.srcObject = stream
    return () => {
      video.srcObject = null
    }
  }, [ref, stream])
  return (
    <video
      ref={ref}
      autoPlay
      playsInline
      muted
      disablePictureInPicture
      className={className}
      aria-label={label}
      aria-hidden={hidden}
      style={{ objectFit: fit, transform: mirrored ? 'scaleX(-1)' : undefined, opacity: hidden ? 0 : 1 }}
    />
  )
}

/** The picture of a slot, whose frames are labelled as they appear. */
export function SlotVideo({ slot, labels, ...props }: Omit<Props, 'stream' | 'videoRef'> & { slot: Slot; labels: Labels }) {
  const ref = useRef<HTMLVideoElement>(null)
  const { mid, receiver, stream } = slot
  useEffect(() => {
    const video = ref.current
    return video ? watchFrames(labels, { mid, receiver }, video) : undefined
  }, [labels, mid, receiver])
  return <Video {...props} stream={stream} videoRef={ref} />
}
