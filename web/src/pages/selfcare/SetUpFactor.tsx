import { Button, Center, Group, Paper, Spoiler, Stack, Text, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useTranslation } from 'react-i18next'
import { api, call } from '../../api/client'
import { CopyableText } from '../ui/CopyableText'
import { Dialog } from '../ui/Dialog'
import { Fault } from '../ui/Fault'
import { QrCode } from '../ui/QrCode'
import { useFormMutation } from '../ui/useFormMutation'

interface Props {
  /** otpauth://, with the secret. */
  url: string
  onDone: (recoveryCodes: readonly string[]) => void
  onClose: () => void
}

/** Shows the secret to an authenticator app and asks for its first code. */
export function SetUpFactor({ url, onDone, onClose }: Props) {
  const { t } = useTranslation('app')
  const form = useForm({ mode: 'uncontrolled', initialValues: { code: '' } })
  const confirm = useFormMutation(
    form,
    ({ code }) => call(() => api.POST('/api/v1/me/second-factor/confirm', { body: { code: code.replaceAll(' ', '') } })),
    ({ recovery_codes }) => onDone(recovery_codes),
  )
  const secret = new URL(url).searchParams.get('secret') ?? ''
  return (
    <Dialog opened onClose={onClose} title={t('factor.begin')}>
      <form onSubmit={form.onSubmit(confirm.submit)} data-testid="factor-form">
        <Stack>
          <Text>{t('factor.scan')}</Text>
          <Center>
            <Paper radius="md" withBorder style={{ overflow: 'hidden' }}>
              <QrCode value={url} size={220} title={t('factor.qr')} />
            </Paper>
          </Center>
          <Spoiler maxHeight={0} showLabel={t('factor.byHand')} hideLabel={t('factor.hide')}>
            <CopyableText value={secret} label={t('factor.secret')} />
          </Spoiler>
          <TextInput
            label={t('factor.firstCode')}
            inputMode="numeric"
            autoComplete="one-time-code"
            required
            minLength={6}
            maxLength={10}
            data-autofocus
            key={form.key('code')}
            {...form.getInputProps('code')}
          />
          <Fault error={confirm.fault} instead={{ wrong: t('factor.wrong') }} />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t('common.cancel')}
            </Button>
            <Button type="submit" loading={confirm.pending}>
              {t('factor.turnOn')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  )
}
