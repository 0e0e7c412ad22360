import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { type Words, ruleInWords } from './recurrence'
import { clockFor, durationText, ownZone, sameClocks, zoneLabel } from './times'

/** Times in the user's language, where the user is and where a meeting is. */
export function useTimes() {
  const { t, i18n } = useTranslation('meetings')
  const { language } = i18n
  return useMemo(() => {
    const zone = ownZone()
    const own = clockFor(language, zone)
    const words: Words = {
      language,
      every: (frequency, interval) => (interval === 1 ? t(`repeat.each.${frequency}`) : t(`repeat.${frequency}`, { count: interval })),
      on: (rhythm, days) => t('repeat.on', { rhythm, days }),
      onNth: (rhythm, nth, day) => t('repeat.onNth', { rhythm, day, nth: t(`repeat.nth.${nth === -1 ? 'last' : (String(nth) as '1' | '2' | '3' | '4')}`) }),
      onDay: (rhythm, day) => t('repeat.onDay', { rhythm, day }),
      until: (text, day) => t('repeat.untilDay', { text, day }),
      times: (text, count) => t('repeat.times', { text, count }),
      other: () => t('repeat.other'),
    }
    return {
      own,
      language,
      /** The same time where the meeting is; undefined if clocks agree. */
      there: (from: Date, to: Date, there: string | undefined) =>
        !there || sameClocks(from, zone, there)
          ? undefined
          : t('time.there', { time: clockFor(language, there).range(from, to), zone: there.replaceAll('_', ' ') }),
      zone: (name: string, at: Date) => zoneLabel(language, name, at),
      duration: (minutes: number) => durationText(language, minutes),
      /** How a series repeats that begins at a wall-clock time. */
      rule: (rule: string, start: string) => ruleInWords(rule, start.slice(0, 10), words),
      /** Today and tomorrow by their names. */
      day: (at: Date, now: Date) => {
        const text = own.day(at)
        if (own.dayKey(at) === own.dayKey(now)) return t('time.today', { day: text })
        return own.dayKey(at) === own.dayKey(new Date(now.getTime() + 86_400_000)) ? t('time.tomorrow', { day: text }) : text
      },
    }
  }, [t, language])
}
