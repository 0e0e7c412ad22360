import { ActionIcon, Text, Textarea } from '@mantine/core'
import { IconSend2 } from '@tabler/icons-react'
import { type KeyboardEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import classes from './Chat.module.css'

/** Characters; the server bounds bytes, which are at most four to one of these. */
const MOST = 4_000

interface Props {
  send: (text: string) => Promise<void>
  onLeave: () => void
}

/** Where one writes. What could not be sent stays. */
export function Write({ send, onLeave }: Props) {
  const { t } = useTranslation()
  const [text, setText] = useState('')
  const [busy, setBusy] = useState(false)
  const [failed, setFailed] = useState(false)
  const submit = () => {
    const said = text.trim()
    if (said === '' || busy) return
    setBusy(true)
    setFailed(false)
    send(said)
      .then(() => setText(''))
      .catch(() => setFailed(true))
      .finally(() => setBusy(false))
  }
  const onKey = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return
    if (event.key === 'Escape') onLeave()
    if (event.key !== 'Enter' || event.shiftKey) return
    event.preventDefault()
    submit()
  }
  return (
    <div className={classes.write}>
      {failed && (
        <Text c="red" size="sm" mb={6} role="alert">
          {t('chat.failed')}
        </Text>
      )}
      <div className={classes.row}>
        <Textarea
          className={classes.grow}
          aria-label={t('chat.write')}
          placeholder={t('chat.write')}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          onKeyDown={onKey}
          maxLength={MOST}
          autosize
          minRows={1}
          maxRows={5}
          autoFocus
          data-testid="chat-text"
        />
        <ActionIcon size={36} aria-label={t('chat.send')} onClick={submit} disabled={text.trim() === ''} loading={busy} data-testid="chat-send">
          <IconSend2 size={20} />
        </ActionIcon>
      </div>
    </div>
  )
}
