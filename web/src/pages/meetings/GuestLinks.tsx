import { ActionIcon, Menu } from '@mantine/core'
import { IconCopy, IconDots, IconLinkOff, IconMail } from '@tabler/icons-react'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, call } from '../../api/client'
import { problemText } from '../../api/problem'
import { ConfirmDialog } from '../ui/ConfirmDialog'
import classes from './GuestLinks.module.css'
import { guestLinkQuery } from './queries'
import type { Guest } from './types'

interface Props {
  meeting: string
  guests: readonly Guest[]
  onTell: (text: string) => void
}

/** The guests of a meeting, each with a link of its own: to copy, to send again, to revoke. For who may invite. */
export function GuestLinks({ meeting, guests, onTell }: Props) {
  return (
    <ul className={classes.list}>
      {guests.map((guest) => (
        <Row key={guest.id} meeting={meeting} guest={guest} onTell={onTell} />
      ))}
    </ul>
  )
}

function Row({ meeting, guest, onTell }: { meeting: string; guest: Guest; onTell: Props['onTell'] }) {
  const { t } = useTranslation('meetings')
  const app = useTranslation('app').t
  const client = useQueryClient()
  const [opened, setOpened] = useState(false)
  const [revoking, setRevoking] = useState(false)
  const name = guest.name || (guest.email ?? '')
  const path = { params: { path: { id: meeting, guest: guest.id } } }
  // Asked for when the menu opens, since browsers let copy only at once.
  const link = useQuery({ ...guestLinkQuery(meeting, guest.id), enabled: opened }).data?.url
  const copy = () => {
    if (link === undefined) return
    // Not every browser lets pages copy, and none where there is no TLS.
    const written = 'clipboard' in navigator ? navigator.clipboard.writeText(link) : Promise.reject(new Error('no clipboard'))
    void written.then(
      () => onTell(t('guestLink.copied', { name })),
      () => onTell(t('guestLink.byHand', { url: link })),
    )
  }
  const resend = () =>
    void call(() => api.POST('/api/v1/meetings/{id}/guests/{guest}/resend', path)).then(
      () => onTell(t('guestLink.resent', { name })),
      (error: unknown) => onTell(problemText(app, error)),
    )
  const revoke = async () => {
    await call(() => api.POST('/api/v1/meetings/{id}/guests/{guest}/revoke', path))
    client.removeQueries({ queryKey: guestLinkQuery(meeting, guest.id).queryKey })
    onTell(t('guestLink.revoked', { name }))
  }
  return (
    <li className={classes.guest} data-testid="guest-link">
      <span className={classes.name}>
        {name}
        {guest.name && guest.email && <span className={classes.email}>{guest.email}</span>}
      </span>
      <Menu position="bottom-end" shadow="md" zIndex={400} opened={opened} onChange={setOpened}>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={t('guestLink.menu', { name })} data-testid="guest-menu">
            <IconDots size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            leftSection={<IconCopy size={18} aria-hidden />}
            disabled={link === undefined}
            onClick={copy}
            data-testid="copy-guest-link"
          >
            {t('guestLink.copy')}
          </Menu.Item>
          <Menu.Item leftSection={<IconMail size={18} aria-hidden />} onClick={resend} data-testid="resend-guest">
            {t('guestLink.resend')}
          </Menu.Item>
          <Menu.Item c="red" leftSection={<IconLinkOff size={18} aria-hidden />} onClick={() => setRevoking(true)} data-testid="revoke-guest">
            {t('guestLink.revoke')}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <ConfirmDialog opened={revoking} title={t('guestLink.revoke')} text={t('guestLink.revokeText', { name })} action={t('guestLink.revoke')} onConfirm={revoke} onClose={() => setRevoking(false)} />
    </li>
  )
}
