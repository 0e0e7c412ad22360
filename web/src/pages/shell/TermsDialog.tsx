import { Button, Group, ScrollArea, Stack, Text } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, call } from '../../api/client'
import { keys } from '../../api/keys'
import { hasCode } from '../../api/problem'
import { ownTermsQuery } from '../../api/queries'
import { Dialog } from '../ui/Dialog'
import { Fault } from '../ui/Fault'
import { Loaded } from '../ui/Loaded'
import { useDates } from '../ui/useDates'
import { useSignOut } from './useSignOut'

/** The terms of use, before anything else can be done. They are not shown in meetings, which are pages of their own. */
export function TermsDialog({ due }: { due: boolean }) {
  const { t } = useTranslation('app')
  return (
    <Dialog
      opened={due}
      onClose={() => undefined}
      title={t('terms.title')}
      size="lg"
      withCloseButton={false}
      closeOnEscape={false}
      closeOnClickOutside={false}
      zIndex={300}
    >
      {due && <Ask />}
    </Dialog>
  )
}

function Ask() {
  const { t } = useTranslation('app')
  const client = useQueryClient()
  const dates = useDates()
  const terms = useQuery(ownTermsQuery)
  const signOut = useSignOut()
  const accept = useMutation({
    mutationFn: (version: number) => call(() => api.POST('/api/v1/me/terms', { body: { version } })),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.me }),
    onError: (error) => {
      if (hasCode(error, 'conflict')) void terms.refetch()
    },
  })
  return (
    <Stack>
      <Loaded query={terms}>
        {({ text, since }) => (
          <>
            <Text>{t('terms.changed', { date: dates.day(since) })}</Text>
            <ScrollArea.Autosize mah="50dvh" type="auto" viewportProps={{ tabIndex: 0, role: 'document', 'aria-label': t('terms.title') }}>
              <Text size="sm" style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }} data-testid="terms-text">
                {text}
              </Text>
            </ScrollArea.Autosize>
          </>
        )}
      </Loaded>
      <Fault error={accept.error} instead={{ conflict: t('terms.newer') }} />
      <Group justify="flex-end">
        <Button variant="default" loading={signOut.isPending} onClick={() => signOut.mutate()}>
          {t('terms.decline')}
        </Button>
        <Button
          loading={accept.isPending}
          disabled={!terms.data || terms.isFetching}
          onClick={() => {
            if (terms.data) accept.mutate(terms.data.version)
          }}
          data-testid="accept-terms"
        >
          {t('terms.accept')}
        </Button>
      </Group>
    </Stack>
  )
}
