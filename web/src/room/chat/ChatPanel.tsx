import { Button, CloseButton, Text, Title } from '@mantine/core'
import { useLayoutEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import type { Chat } from '../../rtc'
import classes from './Chat.module.css'
import { follows } from './follows'
import { Message } from './Message'
import { useChat } from './useChat'
import { Write } from './Write'

interface Props {
  chat: Chat
  /** Identity of oneself. */
  self: string | undefined
  canWrite: boolean
  onClose: () => void
}

/** Who has scrolled up by more than so many pixels is reading, and is left there. */
const NEAR = 60

/** What was said to everybody, and where one says something. */
export function ChatPanel({ chat, self, canWrite, onClose }: Props) {
  const { t } = useTranslation()
  const { messages, more } = useChat({ chat })
  const box = useRef<HTMLDivElement>(null)
  const fromBottom = useRef(0)
  const newest = messages.at(-1)
  // The end stays in view unless one reads further up; what is added above moves nothing.
  useLayoutEffect(() => {
    const it = box.current
    if (!it) return
    const near = fromBottom.current < NEAR || newest?.identity === self
    it.scrollTop = near ? it.scrollHeight : it.scrollHeight - fromBottom.current - it.clientHeight
  }, [messages, newest, self])
  const onScroll = () => {
    const it = box.current
    if (it) fromBottom.current = it.scrollHeight - it.scrollTop - it.clientHeight
  }
  return (
    <aside className={classes.panel} id="room-chat" aria-label={t('chat.title')} data-testid="chat-panel">
      <header className={classes.head}>
        <Title order={2} size="h5" className={classes.grow}>
          {t('chat.title')}
        </Title>
        <CloseButton aria-label={t('close')} onClick={onClose} data-testid="close-chat" />
      </header>
      <div ref={box} className={classes.scroll} onScroll={onScroll} tabIndex={0} role="log" aria-label={t('chat.title')}>
        {more && (
          <Button variant="subtle" size="compact-sm" fullWidth onClick={() => void chat.older()} data-testid="older">
            {t('chat.older')}
          </Button>
        )}
        {messages.length === 0 && (
          <Text c="dimmed" size="sm" className={classes.empty}>
            {t('chat.empty')}
          </Text>
        )}
        <ul className={classes.list}>
          {messages.map((one, index) => (
            <Message key={one.id} message={one} own={one.identity === self} follows={follows(messages[index - 1], one)} />
          ))}
        </ul>
      </div>
      {canWrite && <Write send={(text) => chat.send(text)} onLeave={onClose} />}
    </aside>
  )
}
