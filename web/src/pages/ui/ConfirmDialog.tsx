import { Button, Group, Modal, Stack, Text } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { Fault } from './Fault'

interface Props {
  opened: boolean
  title: string
  text: string
  action: string
  onConfirm: () => Promise<unknown>
  onClose: () => void
}

/** Asks before something that can't be undone. It stays open until that was done, and says what went wrong. */
export function ConfirmDialog({ opened, title, text, action, onConfirm, onClose }: Props) {
  const { t } = useTranslation('app')
  const mutation = useMutation({ mutationFn: onConfirm, onSuccess: onClose })
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      onExitTransitionEnd={mutation.reset}
      title={title}
      closeButtonProps={{ 'aria-label': t('common.close') }}
      centered
      role="alertdialog"
    >
      <Stack>
        <Text>{text}</Text>
        <Fault error={mutation.error} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose} data-autofocus>
            {t('common.cancel')}
          </Button>
          <Button color="red" loading={mutation.isPending} onClick={() => mutation.mutate()} data-testid="confirm">
            {action}
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}
