import type { Choices } from './choices'

function microphoneConstraints({ microphoneId }: Choices): MediaTrackConstraints {
  return {
    echoCancellation: true,
    noiseSuppression: true,
    autoGainControl: true,
    ...(microphoneId && { deviceId: { ideal: microphoneId } }),
  }
}

function cameraConstraints({ cameraId }: Choices): MediaTrackConstraints {
  return {
    width: { ideal: 1280 },
    height: { ideal: 720 },
    frameRate: { ideal: 30 },
    ...(cameraId && { deviceId: { ideal: cameraId } }),
  }
}

/** Opens both at once, so that the browser asks once. */
export async function openBoth(choices: Choices): Promise<{ camera: MediaStreamTrack; microphone: MediaStreamTrack }> {
  const stream = await navigator.mediaDevices.getUserMedia({
    audio: microphoneConstraints(choices),
    video: cameraConstraints(choices),
  })
  return { camera: first(stream.getVideoTracks()), microphone: first(stream.getAudioTracks()) }
}

export async function openMicrophone(choices: Choices): Promise<MediaStreamTrack> {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: microphoneConstraints(choices) })
  return first(stream.getAudioTracks())
}

export async function openCamera(choices: Choices): Promise<MediaStreamTrack> {
  const stream = await navigator.mediaDevices.getUserMedia({ video: cameraConstraints(choices) })
  return first(stream.getVideoTracks())
}

/** Asks for a screen, window or tab, with its sound where the browser can. */
export async function openScreen(): Promise<MediaStream> {
  const stream = await navigator.mediaDevices.getDisplayMedia({
    video: { frameRate: { ideal: 15, max: 30 } },
    audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
  })
  // Text must stay sharp: let the frame rate give way before the resolution.
  for (const track of stream.getVideoTracks()) track.contentHint = 'detail'
  return stream
}

function first(tracks: MediaStreamTrack[]): MediaStreamTrack {
  const [track] = tracks
  if (!track) throw new DOMException('no track', 'NotFoundError')
  return track
}
