import { describe, expect, it } from 'vitest'
import { LANGUAGES, chosenLanguage, detectLanguage, keepLanguage } from './languages'

interface Texts {
  [name: string]: string | Texts
}

const FILES = import.meta.glob<Texts>('./locales/**/*.json', { import: 'default', eager: true })
const PLURAL = /_(zero|one|two|few|many|other)$/

/** All names of texts and the texts, with the paths as names. */
function flat(texts: Texts, path = ''): [name: string, text: string][] {
  return Object.entries(texts).flatMap(([name, value]): [string, string][] => (typeof value === 'string' ? [[path + name, value]] : flat(value, `${path}${name}.`)))
}

const of = (folder: string, language: string) => flat(FILES[`./locales/${folder}${language}.json`] ?? {})
const names = (texts: [string, string][]) => [...new Set(texts.map(([name]) => name.replace(PLURAL, '')))].sort()
const fields = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name).sort()

describe.each(['', 'app/', 'meetings/'])('the texts in locales/%s', (folder) => {
  const english = of(folder, 'en')
  const meant = new Map(english.map(([name, text]) => [name.replace(PLURAL, ''), fields(text)]))

  it.each(Object.keys(LANGUAGES))('are complete in %s', (language) => {
    const texts = of(folder, language)
    expect(names(texts)).toEqual(names(english))
    expect(texts.filter(([, text]) => text.trim() === '')).toEqual([])
    expect(texts.filter(([name, text]) => String(fields(text)) !== String(meant.get(name.replace(PLURAL, '')))).map(([name]) => name)).toEqual([])
  })

  it.each(Object.keys(LANGUAGES))('have the plurals of %s', (language) => {
    const wanted = new Intl.PluralRules(language).resolvedOptions().pluralCategories
    const texts = of(folder, language)
    const forms = texts.map(([name]) => name).filter((name) => PLURAL.test(name))
    for (const name of new Set(forms.map((form) => form.replace(PLURAL, '')))) {
      const has = forms.filter((form) => form.replace(PLURAL, '') === name).map((form) => form.slice(name.length + 1))
      expect(has.sort(), name).toEqual([...wanted].sort())
    }
  })
})

it('knows only the languages that have files', () => {
  expect(Object.keys(FILES)).toHaveLength(3 * Object.keys(LANGUAGES).length)
})

describe('the language', () => {
  it.each([
    [['nl-BE', 'en'], 'nl'],
    [['pt-BR', 'ja-JP'], 'ja'],
    [['DE'], 'de'],
    [['pt'], 'en'],
    [[], 'en'],
  ])('of a browser that wants %s is %s', (tags, language) => {
    expect(detectLanguage(tags)).toBe(language)
  })

  it('is the chosen one, if there is such a one', () => {
    const kept = new Map<string, string>()
    const store = { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value) }
    expect(chosenLanguage(store)).toBeUndefined()
    keepLanguage('fr', store)
    expect(chosenLanguage(store)).toBe('fr')
    kept.forEach((_, key) => kept.set(key, 'xx'))
    expect(chosenLanguage(store)).toBeUndefined()
  })
})
