import { Button, Group, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { api, call } from '../../api/client'
import { onHeard } from '../../api/heard'
import { calledBy } from './calledBy'
import { useJoin } from './join'

const RINGS_FOR = 45_000

/** Tells who is on a page that somebody calls it to a meeting that takes place now. */
export default function Calls({ self }: { self: string }) {
  const { t } = useTranslation('meetings')
  const { join } = useJoin()
  useEffect(() => {
    const ring = (id: string, subject: string, host: string) => {
      const key = `call-${id}`
      notifications.show({
        id: key,
        autoClose: RINGS_FOR,
        role: 'alert',
        title: t('call.title', { name: host }),
        message: (
          <Group justify="space-between" gap="xs">
            <Text size="sm">{subject}</Text>
            <Button
              size="compact-sm"
              data-testid="answer-call"
              onClick={() => {
                notifications.hide(key)
                join(id)
              }}
            >
              {t('join.join')}
            </Button>
          </Group>
        ),
      })
    }
    return onHeard((event) => {
      const id = calledBy(event, self)
      if (id === undefined) return
      void call(() => api.GET('/api/v1/meetings/{id}', { params: { path: { id } } })).then(
        ({ subject, organiser }) => ring(id, subject, organiser.name),
        () => undefined, // it is over again
      )
    })
  }, [t, join, self])
  return null
}
