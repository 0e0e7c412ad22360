import { Accordion, Alert, Button, Stack, Textarea } from '@mantine/core'
import { type SyntheticEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Card } from '../app/Shell'
import { InvitationError, type Seat } from './invitation'
import { readToken } from './token'

interface Props {
  /** Why there is no seat, if one was asked for. */
  error: unknown
  onRetry: () => void
  onSeat: (seat: Seat) => void
}

/** Shown to whoever comes without a valid invitation. */
export function NoSeat({ error, onRetry, onSeat }: Props) {
  const { t } = useTranslation()
  return (
    <Card title={t('entry.title')} text={t('entry.text')}>
      {error !== undefined && (
        <Alert color="orange" data-testid="entry-error">
          {error instanceof InvitationError ? t('entry.failed', { reason: error.message }) : t('entry.unreachable')}
          <Button mt="xs" display="block" size="compact-sm" variant="default" onClick={onRetry}>
            {t('entry.retry')}
          </Button>
        </Alert>
      )}
      <Accordion variant="contained">
        <Accordion.Item value="token">
          <Accordion.Control data-testid="advanced">{t('entry.advanced')}</Accordion.Control>
          <Accordion.Panel>
            <TokenForm onSeat={onSeat} />
          </Accordion.Panel>
        </Accordion.Item>
      </Accordion>
    </Card>
  )
}

function TokenForm({ onSeat }: Pick<Props, 'onSeat'>) {
  const { t } = useTranslation()
  const [token, setToken] = useState('')
  const [bad, setBad] = useState(false)
  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    const seat = readToken(token)
    if (seat) onSeat(seat)
    else setBad(true)
  }
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <Textarea
          label={t('entry.token')}
          description={t('entry.tokenHelp')}
          value={token}
          error={bad ? t('entry.tokenBad') : undefined}
          rows={4}
          autoComplete="off"
          spellCheck={false}
          data-testid="token"
          onChange={(event) => {
            setToken(event.currentTarget.value)
            setBad(false)
          }}
        />
        <Button type="submit" variant="light" data-testid="use-token">
          {t('entry.useToken')}
        </Button>
      </Stack>
    </form>
  )
}
