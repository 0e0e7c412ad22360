const NAME = 'switchyard.name'

type Store = Pick<Storage, 'getItem' | 'setItem'>

/** The name of this tab's participant, or at first the one that was used last in this browser. */
export function readName(tab: Store = sessionStorage, browser: Store = localStorage): string {
  return tab.getItem(NAME) ?? browser.getItem(NAME) ?? ''
}

export function keepName(name: string, tab: Store = sessionStorage, browser: Store = localStorage): void {
  tab.setItem(NAME, name)
  browser.setItem(NAME, name)
}
