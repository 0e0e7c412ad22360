import { Badge, Button, Group, Paper, Stack, Text } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type ApiKey, api, call } from '../../api/client'
import { keys } from '../../api/keys'
import { apiKeysQuery } from '../../api/queries'
import { ConfirmDialog } from '../ui/ConfirmDialog'
import { Loaded } from '../ui/Loaded'
import { Page } from '../ui/Page'
import { useDates } from '../ui/useDates'
import { NewKeyDialog } from './NewKeyDialog'
import { UserName } from './UserName'

export default function ApiKeys() {
  const { t } = useTranslation('app')
  const client = useQueryClient()
  const apiKeys = useQuery(apiKeysQuery)
  const [adding, setAdding] = useState(false)
  const [dropped, setDropped] = useState<ApiKey>()
  const refresh = () => client.invalidateQueries({ queryKey: keys.apiKeys })
  return (
    <Page
      title={t('section.keys')}
      text={t('keys.text')}
      actions={
        <Button leftSection={<IconPlus size={18} aria-hidden />} onClick={() => setAdding(true)} data-testid="new-key">
          {t('keys.add')}
        </Button>
      }
    >
      <Loaded query={apiKeys}>
        {({ items }) =>
          items.length === 0 ? (
            <Text c="dimmed">{t('keys.none')}</Text>
          ) : (
            <Stack component="ul" gap="sm" m={0} p={0} style={{ listStyle: 'none' }}>
              {items.map((key) => (
                <Key key={key.id} apiKey={key} onDrop={() => setDropped(key)} />
              ))}
            </Stack>
          )
        }
      </Loaded>
      <NewKeyDialog opened={adding} onClose={() => setAdding(false)} onMade={() => void refresh()} />
      <ConfirmDialog
        opened={dropped !== undefined}
        title={t('keys.revoke')}
        text={t('keys.revokeText', { name: dropped?.name ?? '' })}
        action={t('keys.revoke')}
        onConfirm={async () => {
          if (dropped) await call(() => api.DELETE('/api/v1/api-keys/{id}', { params: { path: { id: dropped.id } } }))
          await refresh()
        }}
        onClose={() => setDropped(undefined)}
      />
    </Page>
  )
}

function Key({ apiKey: { name, scopes, created, created_by, expires, used }, onDrop }: { apiKey: ApiKey; onDrop: () => void }) {
  const { t } = useTranslation('app')
  const dates = useDates()
  return (
    <Paper component="li" withBorder p="md" radius="lg">
      <Group justify="space-between" align="flex-start" gap="xs">
        <div>
          <Text fw={600}>{name}</Text>
          <Text size="sm" c="dimmed">
            {t('keys.created', { date: dates.day(created) })} · <UserName id={created_by} />
          </Text>
          <Text size="sm" c="dimmed">
            {used ? t('keys.used', { time: dates.time(used) }) : t('keys.neverUsed')} · {expires ? t('keys.expires', { date: dates.day(expires) }) : t('keys.forever')}
          </Text>
        </div>
        <Button variant="default" size="compact-md" onClick={onDrop} aria-label={t('keys.revokeNamed', { name })}>
          {t('keys.revoke')}
        </Button>
      </Group>
      <Group gap={6} mt="sm">
        {scopes.map((scope) => (
          <Badge key={scope} variant="outline" tt="none">
            {scope}
          </Badge>
        ))}
      </Group>
    </Paper>
  )
}
