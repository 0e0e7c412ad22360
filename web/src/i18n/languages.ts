/** The languages that there are, each by its own name. */
export const LANGUAGES = { en: 'English', nl: 'Nederlands', fr: 'Français', de: 'Deutsch', ja: '日本語' } as const

export type LanguageCode = keyof typeof LANGUAGES

export const DEFAULT_LANGUAGE: LanguageCode = 'en'

const CHOICE = 'switchyard.language'

type Store = Pick<Storage, 'getItem' | 'setItem'>

export function isLanguage(code: string | null | undefined): code is LanguageCode {
  return typeof code === 'string' && Object.hasOwn(LANGUAGES, code)
}

/** What was chosen in this browser; undefined: nothing was. */
export function chosenLanguage(store: Store = localStorage): LanguageCode | undefined {
  const code = store.getItem(CHOICE)
  return isLanguage(code) ? code : undefined
}

export function keepLanguage(code: LanguageCode, store: Store = localStorage): void {
  store.setItem(CHOICE, code)
}

/** The first of the browser's languages that there is, by its main part: nl-BE is nl. English if there is none. */
export function detectLanguage(tags: readonly string[]): LanguageCode {
  return tags.map((tag) => tag.split('-')[0]?.toLowerCase()).find(isLanguage) ?? DEFAULT_LANGUAGE
}
