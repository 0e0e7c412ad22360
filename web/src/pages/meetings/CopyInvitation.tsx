import { Button, Menu } from '@mantine/core'
import { useClipboard } from '@mantine/hooks'
import { IconChevronDown, IconCopy } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { tell } from '../ui/tell'
import { textsQuery } from './queries'

/** Copies what is to be sent to who is invited, with the passcode or without. */
export function CopyInvitation({ id, onTell = tell, ...look }: { id: string; onTell?: (message: string) => void; size?: string; px?: string }) {
  const { t } = useTranslation('meetings')
  const texts = useQuery(textsQuery(id)).data // asked for beforehand, since browsers let copy only at once
  const clipboard = useClipboard()
  const take = (text: string) => {
    clipboard.copy(text)
    onTell(t('copy.done'))
  }
  return (
    <Menu position="bottom-start" shadow="md" zIndex={400}>
      <Menu.Target>
        <Button variant="default" {...look} disabled={!texts} leftSection={<IconCopy size={18} aria-hidden />} rightSection={<IconChevronDown size={16} aria-hidden />} data-testid="copy-invitation">
          {t('copy.invitation')}
        </Button>
      </Menu.Target>
      {texts && (
        <Menu.Dropdown>
          <Menu.Item onClick={() => take(texts.link)}>{t('copy.link')}</Menu.Item>
          <Menu.Item onClick={() => take(texts.primary)}>{t('copy.passcode')}</Menu.Item>
          {texts.all !== texts.primary && <Menu.Item onClick={() => take(texts.all)}>{t('copy.all')}</Menu.Item>}
        </Menu.Dropdown>
      )}
    </Menu>
  )
}
