import { version } from '../../package.json'

/** The version of this client: what it understands of servers. */
export const CLIENT_VERSION: string = version

/** Whether a version is older than another one, by its numbers. */
export function isOlder(version: string, than: string): boolean {
  const [own, other] = [numbersOf(version), numbersOf(than)]
  for (let i = 0; i < Math.max(own.length, other.length); i++) {
    const difference = (own[i] ?? 0) - (other[i] ?? 0)
    if (difference !== 0) return difference < 0
  }
  return false
}

const numbersOf = (version: string) => version.split('.').map((part) => Number.parseInt(part, 10) || 0)

let loaded: string | undefined

/** The version that the server had when this page was loaded. `now` is what it has now. */
export function loadedVersion(now: string): string {
  loaded ??= now
  return loaded
}

const KEY = 'switchyard.version'
type Store = Pick<Storage, 'getItem' | 'setItem'>

/** Whether this browser had to do with another version before. Whoever comes for the first time had not. */
export function wasUpdated(version: string, store: Store = localStorage): boolean {
  const before = store.getItem(KEY)
  return before !== null && before !== version
}

export function keepVersion(version: string, store: Store = localStorage): void {
  store.setItem(KEY, version)
}
