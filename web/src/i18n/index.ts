import i18next from 'i18next'
import { initReactI18next } from 'react-i18next'
import en from './locales/en.json'

// A language is a file in locales/ named by its code; English is built in, others load when chosen.
const LOCALES = import.meta.glob<typeof en>(['./locales/*.json', '!./locales/en.json'], { import: 'default' })

function preferred(): string {
  const available = ['en', ...Object.keys(LOCALES).map((path) => /(\w+)\.json$/.exec(path)?.[1] ?? '')]
  const wanted = navigator.languages.map((tag) => tag.split('-')[0] ?? '')
  return wanted.find((language) => available.includes(language)) ?? 'en'
}

/** Starts the texts in the browser's language, or in English. */
export async function startTexts(): Promise<void> {
  const language = preferred()
  const load = LOCALES[`./locales/${language}.json`]
  const translation = load ? await load() : en
  document.documentElement.lang = language
  await i18next.use(initReactI18next).init({
    lng: language,
    fallbackLng: 'en',
    resources: { en: { translation: en }, [language]: { translation } },
    interpolation: { escapeValue: false },
  })
}
