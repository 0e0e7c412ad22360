import { ActionIcon, Button, Stack, Tooltip, UnstyledButton } from '@mantine/core'
import { IconUserPlus, IconX } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { PersonAvatar } from '../ui/PersonAvatar'
import type { KnownAccount } from './accounts'
import classes from './KnownAccounts.module.css'

interface Props {
  accounts: KnownAccount[]
  onUse: (email: string) => void
  onForget: (email: string) => void
  onOther: () => void
}

/** The accounts that were used in this browser. Each can be taken off the list. */
export function KnownAccounts({ accounts, onUse, onForget, onOther }: Props) {
  const { t } = useTranslation('app')
  return (
    <Stack gap="sm">
      <ul className={classes.list} aria-label={t('signin.accounts')}>
        {accounts.map(({ email, name }) => (
          <li key={email} className={classes.account}>
            <UnstyledButton className={classes.choose} onClick={() => onUse(email)} data-testid="account">
              <PersonAvatar person={{ id: email, email, name }} size={38} />
              <span className={classes.text}>
                <span className={classes.name}>{name || email}</span>
                {name && <span className={classes.email}>{email}</span>}
              </span>
            </UnstyledButton>
            <Tooltip label={t('signin.forgetAccount', { name: name || email })}>
              <ActionIcon variant="subtle" color="gray" aria-label={t('signin.forgetAccount', { name: name || email })} onClick={() => onForget(email)}>
                <IconX size={18} />
              </ActionIcon>
            </Tooltip>
          </li>
        ))}
      </ul>
      <Button variant="default" leftSection={<IconUserPlus size={18} aria-hidden />} onClick={onOther} data-testid="other-account">
        {t('signin.otherAccount')}
      </Button>
    </Stack>
  )
}
