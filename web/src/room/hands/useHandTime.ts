import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'

/** The time of day at which a hand was raised, as the user's language writes it. */
export function useHandTime(): (iso: string) => string {
  const { language } = useTranslation().i18n
  return useMemo(() => {
    const format = new Intl.DateTimeFormat(language, { timeStyle: 'short' })
    return (iso) => format.format(new Date(iso))
  }, [language])
}
