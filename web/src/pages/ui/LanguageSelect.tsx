import { NativeSelect, type NativeSelectProps } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { LANGUAGES, type LanguageCode, isLanguage } from '../../i18n/languages'

const DATA = Object.entries(LANGUAGES).map(([value, label]) => ({ value, label }))

interface Props extends Omit<NativeSelectProps, 'data' | 'value' | 'onChange'> {
  value: string
  onChange: (language: LanguageCode) => void
}

/** The languages, each by its own name. */
export function LanguageSelect({ value, onChange, ...rest }: Props) {
  const { t } = useTranslation('app')
  return (
    <NativeSelect
      aria-label={rest.label ? undefined : t('common.language')}
      {...rest}
      data={DATA}
      value={value}
      onChange={({ currentTarget }) => {
        if (isLanguage(currentTarget.value)) onChange(currentTarget.value)
      }}
    />
  )
}
