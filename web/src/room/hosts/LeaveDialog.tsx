import { Button, Modal, Stack, Text } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { Fault } from '../../pages/ui/Fault'

interface Props {
  opened: boolean
  onLeave: () => void
  onEnd: () => Promise<unknown>
  onClose: () => void
}

/** A host leaves alone, or ends the meeting for all. */
export function LeaveDialog({ opened, onLeave, onEnd, onClose }: Props) {
  const { t } = useTranslation('meetings')
  const common = useTranslation().t
  const end = useMutation({ mutationFn: onEnd })
  return (
    <Modal opened={opened} onClose={onClose} title={t('leave.title')} closeButtonProps={{ 'aria-label': common('close') }} centered>
      <Stack>
        <Text>{t('leave.text')}</Text>
        <Fault error={end.error} />
        <Button onClick={onLeave} data-autofocus data-testid="leave-alone">
          {t('leave.alone')}
        </Button>
        <Button color="red" variant="outline" loading={end.isPending} onClick={() => end.mutate()} data-testid="end-for-all">
          {t('leave.all')}
        </Button>
      </Stack>
    </Modal>
  )
}
