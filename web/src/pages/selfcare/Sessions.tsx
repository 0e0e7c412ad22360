import { Badge, Button, Group, Stack, Text } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type Session, api, call } from '../../api/client'
import { keys } from '../../api/keys'
import { sessionsQuery } from '../../api/queries'
import { ConfirmDialog } from '../ui/ConfirmDialog'
import { Fault } from '../ui/Fault'
import { Loaded } from '../ui/Loaded'
import { Section } from '../ui/Section'
import { useDates } from '../ui/useDates'
import classes from './Sessions.module.css'

/** Where one is signed in. */
export function Sessions() {
  const { t } = useTranslation('app')
  const client = useQueryClient()
  const sessions = useQuery(sessionsQuery)
  const [asking, setAsking] = useState(false)
  const refresh = () => client.invalidateQueries({ queryKey: keys.sessions })
  const revoke = useMutation({
    mutationFn: (id: string) => call(() => api.DELETE('/api/v1/me/sessions/{id}', { params: { path: { id } } })),
    onSuccess: refresh,
  })
  return (
    <Section title={t('sessions.title')} text={t('sessions.text')}>
      <Loaded query={sessions}>
        {({ items }) => (
          <Stack gap="sm">
            <ul className={classes.list}>
              {items.map((session) => (
                <Row key={session.id} session={session} busy={revoke.isPending && revoke.variables === session.id} onRevoke={() => revoke.mutate(session.id)} />
              ))}
            </ul>
            <Fault error={revoke.error} />
            {items.length > 1 && (
              <Group>
                <Button variant="default" onClick={() => setAsking(true)}>
                  {t('sessions.signOutOthers')}
                </Button>
              </Group>
            )}
          </Stack>
        )}
      </Loaded>
      <ConfirmDialog
        opened={asking}
        title={t('sessions.signOutOthers')}
        text={t('sessions.othersText')}
        action={t('sessions.signOutOthers')}
        onConfirm={async () => {
          await call(() => api.DELETE('/api/v1/me/sessions'))
          await refresh()
        }}
        onClose={() => setAsking(false)}
      />
    </Section>
  )
}

function Row({ session, busy, onRevoke }: { session: Session; busy: boolean; onRevoke: () => void }) {
  const { t } = useTranslation('app')
  const dates = useDates()
  return (
    <li className={classes.session}>
      <div className={classes.text}>
        <Text fw={600}>
          {session.device}{' '}
          {session.current && (
            <Badge variant="light" ml={4} component="span">
              {t('sessions.current')}
            </Badge>
          )}
        </Text>
        <Text size="sm" c="dimmed">
          {t('sessions.seen', { address: session.address, time: dates.time(session.seen) })}
        </Text>
      </div>
      {!session.current && (
        <Button variant="default" size="compact-md" loading={busy} onClick={onRevoke} aria-label={t('sessions.revokeDevice', { device: session.device })}>
          {t('sessions.revoke')}
        </Button>
      )}
    </li>
  )
}
