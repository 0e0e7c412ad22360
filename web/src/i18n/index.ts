import i18next from 'i18next'
import { initReactI18next } from 'react-i18next'
import { DEFAULT_LANGUAGE, type LanguageCode, chosenLanguage, detectLanguage, keepLanguage } from './languages'
import type app from './locales/app/en.json'
import en from './locales/en.json'
import type meetings from './locales/meetings/en.json'

// A language is a file in locales/ for the meeting, one in locales/app/ for the other pages and one in
// locales/meetings/ for what has to do with planned meetings, named by its code. English of the meeting is built in, the rest loads when it is needed.
const MEETING = import.meta.glob<typeof en>(['./locales/*.json', '!./locales/en.json'], { import: 'default' })
const APP = import.meta.glob<typeof app>('./locales/app/*.json', { import: 'default' })
const MEETINGS = import.meta.glob<typeof meetings>('./locales/meetings/*.json', { import: 'default' })

/** Starts the texts in the language that was chosen in this browser, else in the browser's own, or in English. */
export async function startTexts(): Promise<void> {
  const language = chosenLanguage() ?? detectLanguage(navigator.languages)
  await i18next.use(initReactI18next).init({
    lng: language,
    fallbackLng: DEFAULT_LANGUAGE,
    resources: { en: { translation: en } },
    interpolation: { escapeValue: false },
  })
  await load(MEETING, 'translation', language)
  document.documentElement.lang = language
}

let appWanted = false
let meetingsWanted = false

/** Loads the texts of the pages around the meeting. */
export async function loadAppTexts(): Promise<void> {
  appWanted = true
  await load(APP, 'app', i18next.language)
}

/** Loads the texts of what has to do with planned meetings, on the pages and in their rooms. */
export async function loadMeetingsTexts(): Promise<void> {
  meetingsWanted = true
  await load(MEETINGS, 'meetings', i18next.language)
}

/** Changes the language of everything that is shown, without keeping it as the user's choice. */
export async function showLanguage(language: LanguageCode): Promise<void> {
  await Promise.all([load(MEETING, 'translation', language), appWanted && load(APP, 'app', language), meetingsWanted && load(MEETINGS, 'meetings', language)])
  await i18next.changeLanguage(language)
  document.documentElement.lang = language
}

/** Changes the language at the user's wish, and keeps it for this browser. */
export async function chooseLanguage(language: LanguageCode): Promise<void> {
  keepLanguage(language)
  await showLanguage(language)
}

async function load(files: Record<string, () => Promise<object>>, namespace: 'translation' | 'app' | 'meetings', language: string): Promise<void> {
  if (i18next.hasResourceBundle(language, namespace)) return
  const file = Object.entries(files).find(([path]) => path.endsWith(`/${language}.json`))?.[1]
  if (file) i18next.addResourceBundle(language, namespace, await file())
}
