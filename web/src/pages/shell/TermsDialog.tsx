import { Button, Group, ScrollArea, Stack, Text } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api, call } from '../../api/client'
import { keys } from '../../api/keys'
import { ownTermsQuery } from '../../api/queries'
import { Dialog } from '../ui/Dialog'
import { Fault } from '../ui/Fault'
import { Loaded } from '../ui/Loaded'
import { useDates } from '../ui/useDates'
import { useSignOut } from './useSignOut'

/**
 * The terms of use, before anything else can be done. They are not shown in meetings, which are pages of their own. It opens with the
 * text, which has the focus: what somebody types at that moment must not sign out.
 */
export function TermsDialog({ due }: { due: boolean }) {
  const { t } = useTranslation('app')
  const client = useQueryClient()
  const dates = useDates()
  const terms = useQuery({ ...ownTermsQuery, enabled: due })
  const signOut = useSignOut()
  const accept = useMutation({
    mutationFn: (version: number) => call(() => api.POST('/api/v1/me/terms', { body: { version } })),
    // Also if they have changed or are gone meanwhile.
    onSettled: () => Promise.all([client.invalidateQueries({ queryKey: keys.me }), client.invalidateQueries({ queryKey: keys.ownTerms })]),
  })
  return (
    <Dialog
      opened={due && !terms.isPending}
      onClose={() => undefined}
      title={t('terms.title')}
      size="lg"
      withCloseButton={false}
      closeOnEscape={false}
      closeOnClickOutside={false}
      zIndex={300}
    >
      <Stack>
        <Loaded query={terms}>
          {({ text, since }) => (
            <>
              <Text>{t('terms.changed', { date: dates.day(since) })}</Text>
              <ScrollArea.Autosize mah="50dvh" type="auto" viewportProps={{ tabIndex: 0, role: 'document', 'aria-label': t('terms.title'), ...AUTOFOCUS }}>
                <Text size="sm" pr="md" style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }} data-testid="terms-text">
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
            disabled={!terms.data?.due || terms.isFetching}
            onClick={() => {
              if (terms.data) accept.mutate(terms.data.version)
            }}
            data-testid="accept-terms"
          >
            {t('terms.accept')}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  )
}

const AUTOFOCUS = { 'data-autofocus': true }
