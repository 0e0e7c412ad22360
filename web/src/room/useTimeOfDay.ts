import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'

/** Times of day as the user's language writes them. */
export function useTimeOfDay(): (iso: string) => string {
  const { language } = useTranslation().i18n
  return useMemo(() => {
    const format = new Intl.DateTimeFormat(language, { timeStyle: 'short' })
    return (iso) => format.format(new Date(iso))
  }, [language])
}
