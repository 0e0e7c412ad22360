export type DeviceKind = 'camera' | 'microphone' | 'screen'

/** Why a device can't be used, in the terms in which one can be helped. */
export interface DeviceProblem {
  device: DeviceKind
  reason: 'denied' | 'missing' | 'busy' | 'lost' | 'insecure' | 'screenFailed'
}

/** Browsers hide devices from pages that did not come over HTTPS or from localhost. */
export function isInsecure(): boolean {
  return !window.isSecureContext
}

/** Sorts the errors of getUserMedia. */
export function problemOf(device: DeviceKind, error: unknown): DeviceProblem {
  if (isInsecure()) return { device, reason: 'insecure' }
  const name = error instanceof DOMException ? error.name : ''
  switch (name) {
    case 'NotAllowedError':
    case 'SecurityError':
      return { device, reason: 'denied' }
    case 'NotFoundError':
    case 'OverconstrainedError':
      return { device, reason: 'missing' }
    default:
      return { device, reason: 'busy' }
  }
}
