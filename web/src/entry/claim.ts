/** How long a lock of a tab that is just being reloaded may take to come free. */
const PATIENCE = 800
/** How long another tab has to object where there are no locks (they need a secure address). */
const OBJECTION = 250

/** What this tab has claimed: it may leave a meeting and come back as the same. */
const mine = new Set<string>()

/**
 * Claims an identity for this tab until it is closed. False if another tab has it: a duplicated tab
 * brings a copy of the first one's storage and must become somebody else.
 */
export async function claim(identity: string): Promise<boolean> {
  if (mine.has(identity)) return true
  const name = `switchyard:${identity}`
  const granted = await ('locks' in navigator ? claimLock(name) : claimByAsking(name))
  if (granted) mine.add(identity)
  return granted
}

function claimLock(name: string): Promise<boolean> {
  return new Promise((resolve) => {
    const held = navigator.locks.request(name, { signal: AbortSignal.timeout(PATIENCE) }, () => {
      resolve(true)
      return new Promise<never>(() => undefined)
    })
    held.catch(() => resolve(false))
  })
}

function claimByAsking(name: string): Promise<boolean> {
  const channel = new BroadcastChannel(name)
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      channel.onmessage = ({ data }) => {
        if (data === 'free?') channel.postMessage('taken')
      }
      resolve(true)
    }, OBJECTION)
    channel.onmessage = ({ data }) => {
      if (data !== 'taken') return
      clearTimeout(timer)
      channel.close()
      resolve(false)
    }
    channel.postMessage('free?')
  })
}
