import { Badge, Button, Group } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, call } from '../../api/client'
import { keys } from '../../api/keys'
import { ConfirmDialog } from '../ui/ConfirmDialog'
import { Fault } from '../ui/Fault'
import { Section } from '../ui/Section'
import { tell } from '../ui/tell'
import { RecoveryCodes } from './RecoveryCodes'
import { SetUpFactor } from './SetUpFactor'

/** The second factor: off, being set up, on; and the recovery codes, which are shown once. */
export function SecondFactor({ on }: { on: boolean }) {
  const { t } = useTranslation('app')
  const client = useQueryClient()
  const [codes, setCodes] = useState<readonly string[]>()
  const [asking, setAsking] = useState(false)
  const begin = useMutation({ mutationFn: () => call(() => api.POST('/api/v1/me/second-factor')) })
  const renew = useMutation({
    mutationFn: () => call(() => api.POST('/api/v1/me/second-factor/recovery-codes')),
    onSuccess: ({ recovery_codes }) => setCodes(recovery_codes),
  })
  const refresh = () => client.invalidateQueries({ queryKey: keys.me })
  return (
    <Section title={t('factor.title')} text={t('factor.text')}>
      <Group>
        <Badge color={on ? 'teal' : 'gray'} variant={on ? 'filled' : 'light'} autoContrast data-testid="factor-state">
          {on ? t('factor.on') : t('factor.off')}
        </Badge>
      </Group>
      <Fault error={begin.error ?? renew.error} />
      {on ? (
        <Group>
          <Button variant="default" loading={renew.isPending} onClick={() => renew.mutate()}>
            {t('factor.renew')}
          </Button>
          <Button variant="default" onClick={() => setAsking(true)}>
            {t('factor.turnOff')}
          </Button>
        </Group>
      ) : (
        <Group>
          <Button loading={begin.isPending} onClick={() => begin.mutate()} data-testid="factor-begin">
            {t('factor.begin')}
          </Button>
        </Group>
      )}
      {begin.data && (
        <SetUpFactor
          url={begin.data.url}
          onClose={begin.reset}
          onDone={(fresh) => {
            begin.reset()
            setCodes(fresh)
            void refresh()
          }}
        />
      )}
      {codes && <RecoveryCodes codes={codes} onClose={() => setCodes(undefined)} />}
      <ConfirmDialog
        opened={asking}
        title={t('factor.turnOff')}
        text={t('factor.turnOffText')}
        action={t('factor.turnOff')}
        onConfirm={async () => {
          await call(() => api.DELETE('/api/v1/me/second-factor'))
          await refresh()
          tell(t('factor.turnedOff'))
        }}
        onClose={() => setAsking(false)}
      />
    </Section>
  )
}
