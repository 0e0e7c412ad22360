import { ActionIcon, Indicator, Tooltip } from '@mantine/core'
import { IconMessage } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

interface Props {
  opened: boolean
  unread: number
  onToggle: () => void
}

/** Opens the chat, and says how much was not read. */
export function ChatButton({ opened, unread, onToggle }: Props) {
  const { t } = useTranslation()
  const label = unread > 0 ? t('chat.openUnread', { count: unread }) : t('chat.open')
  return (
    <Tooltip label={label}>
      <Indicator label={unread > 99 ? '99+' : unread} size={17} disabled={unread === 0} color="orange" autoContrast offset={4}>
        <ActionIcon
          variant={opened ? 'light' : 'subtle'}
          color={opened ? 'rail' : 'gray'}
          size="lg"
          aria-label={label}
          aria-expanded={opened}
          aria-controls="room-chat"
          onClick={onToggle}
          data-testid="open-chat"
          data-unread={unread}
        >
          <IconMessage size={20} />
        </ActionIcon>
      </Indicator>
    </Tooltip>
  )
}
