import { Button, Stack } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { api, call } from '../../api/client'
import { Fault } from '../ui/Fault'

/** Goes to the organisation's identity provider, and from there back to a page of ours. */
export function SsoButton({ returnTo, text }: { returnTo: string; text: string }) {
  const begin = useMutation({
    mutationFn: () => call(() => api.POST('/api/v1/auth/sso', { body: { return: returnTo } })),
    onSuccess: ({ address }) => location.assign(address),
  })
  return (
    <Stack>
      <Fault error={begin.error} />
      <Button fullWidth loading={begin.isPending || begin.isSuccess} onClick={() => begin.mutate()} data-testid="sso">
        {text}
      </Button>
    </Stack>
  )
}
