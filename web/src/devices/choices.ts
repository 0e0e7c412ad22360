const KEY = 'switchyard.devices'

/** What one chose, kept over visits. Devices are kept by id; a browser forgets an id when one clears its data. */
export interface Choices {
  camera: boolean
  microphone: boolean
  cameraId?: string
  microphoneId?: string
  speakerId?: string
}

export function readChoices(): Choices {
  try {
    return { camera: true, microphone: true, ...(JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Choices>) }
  } catch {
    return { camera: true, microphone: true }
  }
}

export function writeChoices(choices: Choices): void {
  localStorage.setItem(KEY, JSON.stringify(choices))
}
