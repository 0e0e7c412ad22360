import { Button } from '@mantine/core'
import { IconUserPlus } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useFeature } from '../../api/queries'
import { GuestDialog } from '../../pages/meetings/GuestDialog'

/** For hosts that may invite people from outside. */
export function InviteButton({ meeting }: { meeting: string }) {
  const { t } = useTranslation('meetings')
  const [inviting, setInviting] = useState(false)
  if (!useFeature('guests')) return null
  return (
    <>
      <Button size="xs" px="xs" variant="default" leftSection={<IconUserPlus size={16} aria-hidden />} onClick={() => setInviting(true)} data-testid="invite-guest">
        {t('host.invite')}
      </Button>
      <GuestDialog meeting={meeting} opened={inviting} onClose={() => setInviting(false)} />
    </>
  )
}
