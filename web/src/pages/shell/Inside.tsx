import { Center, Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, Suspense, lazy, useEffect } from 'react'
import { Redirect, useLocation, useSearch } from 'wouter'
import type { Me } from '../../api/client'
import { hasCode } from '../../api/problem'
import { meQuery } from '../../api/queries'
import { useEvents } from '../../api/useEvents'
import { showLanguage } from '../../i18n'
import { chosenLanguage, isLanguage } from '../../i18n/languages'
import { signInFor } from '../sign/destination'
import { Broken } from '../ui/Broken'
import { Fault } from '../ui/Fault'
import { Waiting } from '../ui/Loaded'
import { Frame } from './Frame'
import { ProofDialog } from './ProofDialog'
import { TermsDialog } from './TermsDialog'

const Calls = lazy(() => import('../meetings/Calls'))

/** What only who has signed in gets to. Others are sent to the sign-in page, and from there back. */
export function Inside({ children }: { children: ReactNode }) {
  const me = useQuery(meQuery)
  const [path] = useLocation()
  const search = useSearch()
  if (hasCode(me.error, 'unauthenticated')) return <Redirect to={signInFor(search ? `${path}?${search}` : path)} replace />
  if (me.data) return <SignedIn me={me.data}>{children}</SignedIn>
  return (
    <Center component="main" mih="100dvh" p="md">
      <Stack w="min(440px, 100%)">{me.error ? <Fault error={me.error} onRetry={() => void me.refetch()} /> : <Waiting />}</Stack>
    </Center>
  )
}

function SignedIn({ me, children }: { me: Me; children: ReactNode }) {
  useEvents(me.id)
  useAccountLanguage(me.language)
  const [path] = useLocation()
  return (
    <Frame me={me}>
      <Broken path={path}>
        <Suspense fallback={<Waiting />}>{children}</Suspense>
      </Broken>
      <ProofDialog me={me} />
      <TermsDialog due={me.terms_due} />
      {me.features.includes('meetings') && !me.terms_due && (
        <Suspense fallback={null}>
          <Calls self={me.id} />
        </Suspense>
      )}
    </Frame>
  )
}

/** The account's language, unless another one was chosen in this browser. */
function useAccountLanguage(language: string): void {
  useEffect(() => {
    if (isLanguage(language) && chosenLanguage() === undefined) void showLanguage(language)
  }, [language])
}
