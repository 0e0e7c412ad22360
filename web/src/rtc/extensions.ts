/** A transceiver with the methods of the RTP header extension control specification, where they exist. */
interface ExtensionControl {
  getHeaderExtensionsToNegotiate?: () => { uri: string; direction: RTCRtpTransceiverDirection }[]
  setHeaderExtensionsToNegotiate?: (extensions: { uri: string; direction: RTCRtpTransceiverDirection }[]) => void
}

/** What a sending line needs: to be told apart by mid and rid, and congestion control. */
const NEEDED: ReadonlySet<string> = new Set([
  'urn:ietf:params:rtp-hdrext:sdes:mid',
  'urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id',
  'urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id',
  'urn:ietf:params:rtp-hdrext:ssrc-audio-level',
  'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01',
])

/**
 * Offers the needed extensions on a new sending line. Chromium leaves out of a later line what the
 * answer to the first offer did not have, and that had receiving lines alone if nothing was sent yet.
 */
export function offerExtensions(transceiver: RTCRtpTransceiver): void {
  const control = transceiver as ExtensionControl
  const offered = control.getHeaderExtensionsToNegotiate?.()
  if (!offered) return
  const wanted = offered.map((e) => (NEEDED.has(e.uri) && e.direction === 'stopped' ? { ...e, direction: 'sendrecv' as const } : e))
  control.setHeaderExtensionsToNegotiate?.(wanted)
}
