/** An account that was used in this browser: what is shown to choose it again, and nothing that lets in. */
export interface KnownAccount {
  email: string
  name: string
}

const ACCOUNTS = 'switchyard.accounts'
const MOST = 5

type Store = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>

/** The accounts that were kept, the one used last first. */
export function knownAccounts(store: Store = localStorage): KnownAccount[] {
  try {
    const list = JSON.parse(store.getItem(ACCOUNTS) ?? '[]') as unknown
    return Array.isArray(list) ? list.filter(isAccount).slice(0, MOST) : []
  } catch {
    return []
  }
}

export function rememberAccount({ email, name }: KnownAccount, store: Store = localStorage): void {
  keep([{ email, name }, ...without(email, store)].slice(0, MOST), store)
}

export function forgetAccount(email: string, store: Store = localStorage): KnownAccount[] {
  const left = without(email, store)
  keep(left, store)
  return left
}

function without(email: string, store: Store): KnownAccount[] {
  return knownAccounts(store).filter((account) => account.email.toLowerCase() !== email.toLowerCase())
}

function keep(list: KnownAccount[], store: Store): void {
  if (list.length > 0) store.setItem(ACCOUNTS, JSON.stringify(list))
  else store.removeItem(ACCOUNTS)
}

function isAccount(value: unknown): value is KnownAccount {
  if (typeof value !== 'object' || value === null) return false
  const { email, name } = value as Partial<KnownAccount>
  return typeof email === 'string' && typeof name === 'string'
}
