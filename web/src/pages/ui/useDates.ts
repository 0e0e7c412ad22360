import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'

/** Dates as the user's language writes them. */
export function useDates() {
  const { language } = useTranslation().i18n
  return useMemo(() => {
    const both = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' })
    const day = new Intl.DateTimeFormat(language, { dateStyle: 'medium' })
    const long = new Intl.DateTimeFormat(language, { dateStyle: 'full' })
    return {
      time: (iso: string) => both.format(new Date(iso)),
      day: (iso: string) => day.format(new Date(iso)),
      longDay: (date: Date) => long.format(date),
    }
  }, [language])
}
