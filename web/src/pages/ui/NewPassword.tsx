import { PasswordInput, type PasswordInputProps } from '@mantine/core'
import { useTranslation } from 'react-i18next'

export const LEAST_PASSWORD = 10

/** A field for a password that is being chosen. */
export function NewPassword(props: PasswordInputProps) {
  const { t } = useTranslation('app')
  return (
    <PasswordInput
      label={t('password.new')}
      description={t('password.rule', { least: LEAST_PASSWORD })}
      autoComplete="new-password"
      required
      minLength={LEAST_PASSWORD}
      visibilityToggleButtonProps={{ 'aria-label': t('signin.showPassword') }}
      {...props}
    />
  )
}
