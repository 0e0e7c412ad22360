import { Alert, Anchor, Stack, Tabs, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Redirect, useSearch } from 'wouter'
import { meQuery, methodsQuery } from '../../api/queries'
import { ownPage } from './destination'
import { ForgotPassword } from './ForgotPassword'
import { PasswordSignIn } from './PasswordSignIn'
import { SignFrame } from './SignFrame'
import { SsoButton } from './SsoButton'
import { SsoFault, useSsoFault } from './SsoFault'

export default function SignIn() {
  const { t } = useTranslation('app')
  const wanted = ownPage(new URLSearchParams(useSearch()).get('return'))
  // Who is signed in already has nothing to do here.
  const me = useQuery({ ...meQuery, retry: false })
  const [forgot, setForgot] = useState<string>()
  if (me.isSuccess && !me.isFetching) return <Redirect to={wanted} replace />
  if (forgot !== undefined) {
    return (
      <SignFrame title={t('forgot.title')} text={t('forgot.text')}>
        <ForgotPassword email={forgot} onBack={() => setForgot(undefined)} />
      </SignFrame>
    )
  }
  return (
    <SignFrame title={t('signin.title')}>
      <Ways wanted={wanted} onForgot={setForgot} />
      <Text size="sm" c="dimmed">
        {t('signin.guest')} <Anchor href="/#token">{t('signin.token')}</Anchor>
      </Text>
    </SignFrame>
  )
}

function Ways({ wanted, onForgot }: { wanted: string; onForgot: (email: string) => void }) {
  const { t } = useTranslation('app')
  const methods = useQuery(methodsQuery).data
  const ssoFault = useSsoFault()
  const ssoOnly = methods?.sso && !methods.password
  return (
    <Stack>
      {methods?.set_up && <Alert data-testid="needs-setup">{t('signin.needsSetup')}</Alert>}
      <Tabs key={String(ssoOnly)} defaultValue={ssoFault || ssoOnly ? 'sso' : 'password'} keepMounted={false}>
        <Tabs.List grow mb="md">
          <Tabs.Tab value="password">{t('signin.withPassword')}</Tabs.Tab>
          <Tabs.Tab value="sso" disabled={!methods?.sso} aria-describedby={methods && !methods.sso ? 'sso-off' : undefined} data-testid="tab-sso">
            {t('signin.withSso')}
          </Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="password">
          {ssoOnly && (
            <Text c="dimmed" mb="md" data-testid="password-admins">
              {t('signin.passwordAdmins')}
            </Text>
          )}
          <PasswordSignIn wanted={wanted} onForgot={onForgot} />
        </Tabs.Panel>
        <Tabs.Panel value="sso">
          <Stack>
            <SsoFault code={ssoFault} />
            <Text c="dimmed">{t('signin.ssoText')}</Text>
            <SsoButton returnTo={wanted} text={methods?.sso_label ? t('signin.ssoWith', { label: methods.sso_label }) : t('signin.sso')} />
          </Stack>
        </Tabs.Panel>
      </Tabs>
      {methods && !methods.sso && (
        <Text size="sm" c="dimmed" id="sso-off">
          {t('signin.ssoOff')}
        </Text>
      )}
    </Stack>
  )
}
