import { Button, FileButton, Group, Text } from '@mantine/core'
import { IconUpload } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Suspense, lazy, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type Me, api, call } from '../../api/client'
import { keys } from '../../api/keys'
import { Fault } from '../ui/Fault'
import { PersonAvatar } from '../ui/PersonAvatar'
import { Section } from '../ui/Section'
import { ACCEPTED, MOST_BYTES } from './picture'

const CropDialog = lazy(() => import('./CropDialog'))

/** One's picture: a new one, or back to initials. */
export function AvatarSection({ me }: { me: Me }) {
  const { t } = useTranslation('app')
  const client = useQueryClient()
  const [file, setFile] = useState<File>()
  const [tooLarge, setTooLarge] = useState(false)
  const forget = useRef<() => void>(null)
  const drop = useMutation({
    mutationFn: () => call(() => api.DELETE('/api/v1/me/avatar')),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.me }),
  })
  const take = (chosen: File | null) => {
    forget.current?.() // the same file may be chosen again
    drop.reset()
    setTooLarge(chosen !== null && chosen.size > MOST_BYTES)
    if (chosen && chosen.size <= MOST_BYTES) setFile(chosen)
  }
  return (
    <Section title={t('avatar.title')} text={t('avatar.text')}>
      <Group gap="lg">
        <PersonAvatar person={me} size={96} />
        <Group gap="xs" flex={1}>
          <FileButton accept={ACCEPTED} onChange={take} resetRef={forget}>
            {(props) => (
              <Button {...props} leftSection={<IconUpload size={18} aria-hidden />} data-testid="avatar-upload">
                {t('avatar.upload')}
              </Button>
            )}
          </FileButton>
          {me.avatar && (
            <Button variant="default" loading={drop.isPending} onClick={() => drop.mutate()} data-testid="avatar-reset">
              {t('avatar.reset')}
            </Button>
          )}
        </Group>
      </Group>
      {tooLarge && (
        <Text c="var(--mantine-color-error)" role="alert" size="sm">
          {t('fault.fileSize')}
        </Text>
      )}
      <Fault error={drop.error} />
      {file && (
        <Suspense>
          <CropDialog file={file} onClose={() => setFile(undefined)} />
        </Suspense>
      )}
    </Section>
  )
}
