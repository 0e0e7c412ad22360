import { ActionIcon, Button, Group, Stack, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { IconTrash } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { LANGUAGES, isLanguage } from '../../i18n/languages'
import { LanguageSelect } from '../ui/LanguageSelect'
import classes from './PeoplePicker.module.css'
import type { NewGuest } from './types'

interface Props {
  guests: readonly NewGuest[]
  onChange: (guests: NewGuest[]) => void
  /** Without names and languages: in a hurry. */
  brief?: boolean
}

const ADDRESS = /^[^\s@]+@[^\s@]+\.[^\s@]+$/

/** Takes people from outside, who are invited by mail. */
export function GuestFields({ guests, onChange, brief = false }: Props) {
  const { t, i18n } = useTranslation('meetings')
  const usual = isLanguage(i18n.language) ? i18n.language : 'en'
  const form = useForm({
    initialValues: { email: '', name: '', language: usual },
    validate: {
      email: (email) => {
        if (!ADDRESS.test(email.trim())) return t('guest.noAddress')
        return guests.some((g) => g.email.toLowerCase() === email.trim().toLowerCase()) ? t('guest.twice') : null
      },
    },
  })
  const add = () => {
    if (form.validate().hasErrors) return
    const { email, name, language } = form.getValues()
    onChange([...guests, { email: email.trim(), ...(name.trim() && { name: name.trim() }), language }])
    form.reset()
    form.setFieldValue('language', language)
  }
  // Not a form of its own, since it stands in one.
  const onKeyDown = (event: { key: string; preventDefault: () => void }) => {
    if (event.key !== 'Enter') return
    event.preventDefault()
    add()
  }
  return (
    <Stack gap="sm">
      <Group gap="xs" align="flex-start">
        <TextInput flex="2 1 200px" type="email" aria-label={t('guest.email')} placeholder={t('guest.email')} maxLength={254} onKeyDown={onKeyDown} {...form.getInputProps('email')} data-testid="guest-email" />
        {!brief && (
          <>
            <TextInput flex="1 1 140px" aria-label={t('guest.name')} placeholder={t('guest.name')} maxLength={80} onKeyDown={onKeyDown} {...form.getInputProps('name')} />
            <LanguageSelect aria-label={t('guest.language')} value={form.values.language} onChange={(language) => form.setFieldValue('language', language)} />
          </>
        )}
        <Button variant="default" onClick={add} data-testid="add-guest">
          {t('guest.add')}
        </Button>
      </Group>
      {guests.length > 0 && (
        <ul className={classes.picked}>
          {guests.map((guest) => (
            <li key={guest.email} className={classes.person} data-testid="guest">
              <span className={classes.name}>
                {guest.name ?? guest.email}
                {guest.name && <span className={classes.email}>{guest.email}</span>}
                {!brief && isLanguage(guest.language) && <span className={classes.email}>{LANGUAGES[guest.language]}</span>}
              </span>
              <ActionIcon variant="subtle" color="gray" aria-label={t('guest.remove', { name: guest.name ?? guest.email })} onClick={() => onChange(guests.filter((g) => g !== guest))}>
                <IconTrash size={18} />
              </ActionIcon>
            </li>
          ))}
        </ul>
      )}
    </Stack>
  )
}
