import { Button, Modal, NativeSelect, Stack, Text } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Fault } from '../../pages/ui/Fault'
import type { Present } from './people'
import { successors } from './successors'

interface Props {
  opened: boolean
  present: readonly Present[]
  /** Makes a user co-organiser. */
  onAssign: (user: string) => Promise<unknown>
  onLeave: () => void
  onEnd: () => Promise<unknown>
  onClose: () => void
}

/** A host leaves alone, hands the meeting on first, or ends it for all. */
export function LeaveDialog({ opened, onClose, ...rest }: Props) {
  const { t } = useTranslation('meetings')
  const common = useTranslation().t
  return (
    <Modal opened={opened} onClose={onClose} title={t('leave.title')} closeButtonProps={{ 'aria-label': common('close') }} centered>
      <Choice {...rest} />
    </Modal>
  )
}

function Choice({ present, onAssign, onLeave, onEnd }: Omit<Props, 'opened' | 'onClose'>) {
  const { t, i18n } = useTranslation('meetings')
  const { hosts, candidates } = successors(present)
  const [wanted, setWanted] = useState<string>()
  const chosen = candidates.find(({ user }) => user === wanted) ?? candidates[0]
  const hand = useMutation({ mutationFn: onAssign, onSuccess: onLeave })
  const end = useMutation({ mutationFn: onEnd })
  const busy = hand.isPending || end.isPending
  const names = new Intl.ListFormat(i18n.language, { type: 'conjunction' }).format(hosts.map(({ name }) => name))
  const text = present.length < 2 ? t('leave.last') : hosts.length === 0 ? t('leave.noHost') : t(hosts.length === 1 ? 'leave.stay' : 'leave.stayMany', { names })
  const handing = hosts.length === 0 && chosen?.user !== undefined
  return (
    <Stack>
      <Text data-testid="leave-text">{text}</Text>
      {handing && (
        <>
          <NativeSelect
            label={t('leave.who')}
            value={chosen.user}
            data={candidates.flatMap(({ user, name }) => (user === undefined ? [] : [{ value: user, label: name }]))}
            onChange={({ currentTarget }) => setWanted(currentTarget.value)}
            data-autofocus
            data-testid="successor"
          />
          <Button disabled={end.isPending} loading={hand.isPending} onClick={() => chosen.user !== undefined && hand.mutate(chosen.user)} data-testid="hand-over">
            {t('leave.hand')}
          </Button>
        </>
      )}
      <Fault error={hand.error ?? end.error} />
      <Button variant={handing ? 'default' : 'filled'} disabled={busy} onClick={onLeave} data-autofocus={handing ? undefined : true} data-testid="leave-alone">
        {t('leave.alone')}
      </Button>
      <Button color="red" variant="outline" disabled={hand.isPending} loading={end.isPending} onClick={() => end.mutate()} data-testid="end-for-all">
        {t('leave.all')}
      </Button>
    </Stack>
  )
}
