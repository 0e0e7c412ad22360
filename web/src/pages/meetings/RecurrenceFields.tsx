import { Chip, Group, Input, NativeSelect, NumberInput, Stack, Text, TextInput } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { type Frequency, MOST_TIMES, type Recurrence, WEEKDAYS, dayName, likelyRecurrence, ordinalOf, toRule, weekdayOf } from './recurrence'
import { useTimes } from './useTimes'

interface Props {
  /** The day of the first meeting. */
  date: string
  /** undefined: it does not repeat. */
  value: Recurrence | undefined
  onChange: (value: Recurrence | undefined) => void
}

const FREQUENCIES: readonly Frequency[] = ['daily', 'weekly', 'monthly']

/** How a meeting repeats, and how that reads. */
export function RecurrenceFields({ date, value, onChange }: Props) {
  const { t } = useTranslation('meetings')
  const times = useTimes()
  const change = (news: Partial<Recurrence>) => {
    if (value) onChange({ ...value, ...news })
  }
  return (
    <Stack gap="sm">
      <Group align="flex-end" gap="sm">
        <NativeSelect
          label={t('repeat.label')}
          value={value?.frequency ?? 'none'}
          data={[{ value: 'none', label: t('repeat.none') }, ...FREQUENCIES.map((f) => ({ value: f, label: t(`repeat.choice.${f}`) }))]}
          onChange={({ currentTarget }) => {
            const frequency = FREQUENCIES.find((f) => f === currentTarget.value)
            onChange(frequency && { ...(value ?? likelyRecurrence(date)), frequency })
          }}
          data-testid="repeat"
        />
        {value && <NumberInput label={t('repeat.interval')} w={110} min={1} max={99} clampBehavior="strict" allowDecimal={false} value={value.interval} onChange={(n) => change({ interval: Number(n) || 1 })} />}
      </Group>
      {value?.frequency === 'weekly' && (
        <Input.Wrapper label={t('repeat.days')} labelElement="div">
          <Chip.Group multiple value={value.days} onChange={(days) => change({ days: days })}>
            <Group gap={6} role="group" aria-label={t('repeat.days')}>
              {WEEKDAYS.map((day) => (
                <Chip key={day} value={day} size="sm" aria-label={dayName(times.language, day)}>
                  {dayName(times.language, day, 'short')}
                </Chip>
              ))}
            </Group>
          </Chip.Group>
        </Input.Wrapper>
      )}
      {value?.frequency === 'monthly' && (
        <NativeSelect
          label={t('repeat.monthlyOn')}
          value={value.monthly}
          data={[
            { value: 'day', label: t('repeat.monthlyDay', { day: Number(date.slice(8, 10)) }) },
            { value: 'weekday', label: t('repeat.monthlyWeekday', { nth: t(`repeat.nth.${nthName(date)}`), day: dayName(times.language, weekdayOf(date)) }) },
          ]}
          onChange={({ currentTarget }) => change({ monthly: currentTarget.value === 'weekday' ? 'weekday' : 'day' })}
        />
      )}
      {value && (
        <Group align="flex-end" gap="sm">
          <NativeSelect
            label={t('repeat.end')}
            value={value.end}
            data={(['never', 'until', 'count'] as const).map((end) => ({ value: end, label: t(`repeat.ends.${end}`) }))}
            onChange={({ currentTarget }) => {
              const end = (['never', 'until', 'count'] as const).find((e) => e === currentTarget.value)
              if (end) change({ end, ...(end === 'until' && !value.until && { until: date }) })
            }}
          />
          {value.end === 'until' && <TextInput type="date" label={t('repeat.until')} required min={date} value={value.until} onChange={({ currentTarget }) => change({ until: currentTarget.value })} />}
          {value.end === 'count' && <NumberInput label={t('repeat.count')} w={110} min={1} max={MOST_TIMES} clampBehavior="strict" allowDecimal={false} value={value.count} onChange={(n) => change({ count: Number(n) || 1 })} />}
        </Group>
      )}
      {value && date && (
        <Text size="sm" c="dimmed" aria-live="polite">
          {times.rule(toRule(value, date), date)}
        </Text>
      )}
    </Stack>
  )
}

function nthName(date: string): '1' | '2' | '3' | '4' | 'last' {
  const nth = ordinalOf(date)
  return nth === -1 ? 'last' : (String(nth) as '1' | '2' | '3' | '4')
}
