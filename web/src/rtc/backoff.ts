/** Times of the protocol (docs/protocol.md section 2), in milliseconds. */
export const TIMING = {
  ping: 5_000,
  /** No byte for so long although a ping went out: the socket is taken for dead. */
  silence: 12_000,
  connect: 8_000,
  resume: 30_000,
  rejoin: 120_000,
  quietPath: 3_000,
} as const

const FIRST = 250
const LONGEST = 4_000

/** The wait before attempt number `attempt` (from 0): none, then doubling, with a quarter of jitter. */
export function backoff(attempt: number, random: () => number = Math.random): number {
  if (attempt === 0) return 0
  const base = Math.min(LONGEST, FIRST * 2 ** (attempt - 1))
  return Math.round(base * (0.75 + random() * 0.5))
}
