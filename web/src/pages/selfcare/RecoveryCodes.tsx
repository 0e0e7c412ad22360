import { Alert, Button, CopyButton, Group, SimpleGrid, Stack } from '@mantine/core'
import { IconCopy, IconDownload } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { Dialog } from '../ui/Dialog'
import classes from './RecoveryCodes.module.css'

interface Props {
  codes: readonly string[]
  onClose: () => void
}

/** The codes for who has lost the authenticator app. They are shown this once. */
export function RecoveryCodes({ codes, onClose }: Props) {
  const { t } = useTranslation('app')
  const text = codes.join('\n')
  return (
    <Dialog opened onClose={onClose} title={t('recovery.title')} closeOnClickOutside={false} closeOnEscape={false}>
      <Stack>
        <Alert color="orange">{t('recovery.text')}</Alert>
        <SimpleGrid component="ul" cols={2} spacing="xs" className={classes.codes} data-testid="recovery-codes">
          {codes.map((code) => (
            <li key={code}>{code}</li>
          ))}
        </SimpleGrid>
        <Group>
          <CopyButton value={text}>
            {({ copied, copy }) => (
              <Button variant="default" leftSection={<IconCopy size={18} aria-hidden />} onClick={copy}>
                {copied ? t('common.copied') : t('common.copy')}
              </Button>
            )}
          </CopyButton>
          <Button variant="default" leftSection={<IconDownload size={18} aria-hidden />} onClick={() => download(text, t('recovery.file'))}>
            {t('common.download')}
          </Button>
        </Group>
        <Button onClick={onClose} data-autofocus>
          {t('recovery.done')}
        </Button>
      </Stack>
    </Dialog>
  )
}

function download(text: string, name: string): void {
  const address = URL.createObjectURL(new Blob([`${text}\n`], { type: 'text/plain' }))
  const link = document.createElement('a')
  link.href = address
  link.download = `${name}.txt`
  link.click()
  URL.revokeObjectURL(address)
}
