import type { Meeting, Peer, Session, StatsSample } from '../rtc'

declare global {
  interface Window {
    /**
     * The meeting's objects, for diagnosis in the console and in tests. Reading is safe. It is there
     * from the moment one joins until one has left.
     */
    switchyard?: { session: Session; peer: Peer; meeting: Meeting; stats: () => Promise<StatsSample> }
  }
}

export function showForDiagnosis(meeting: Meeting): void {
  const { session, peer, stats } = meeting
  window.switchyard = { session, peer, meeting, stats: () => stats.sample() }
}
