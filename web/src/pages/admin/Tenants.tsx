import { ActionIcon, Badge, Button, Group, Table, TextInput, Tooltip } from '@mantine/core'
import { useForm } from '@mantine/form'
import { IconPencil, IconPlayerPause, IconPlayerPlay, IconPlus } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type Tenant, api, call } from '../../api/client'
import { keys } from '../../api/keys'
import { problemText } from '../../api/problem'
import { tenantsQuery, useMe } from '../../api/queries'
import { ConfirmDialog } from '../ui/ConfirmDialog'
import { Dialog } from '../ui/Dialog'
import { Fault } from '../ui/Fault'
import { Loaded } from '../ui/Loaded'
import { Page } from '../ui/Page'
import { TableCard } from '../ui/TableCard'
import { tell } from '../ui/tell'
import { useDates } from '../ui/useDates'
import { useFormMutation } from '../ui/useFormMutation'
import { NewTenantForm } from './NewTenantForm'

// Whatever its version is: that rises with settings, too, which are others' to change.
const change = ({ id }: Tenant, body: { name?: string; active?: boolean }) =>
  call(() => api.PATCH('/api/v1/tenants/{id}', { params: { path: { id }, header: { 'If-Match': '*' } }, body }))

/** The organisations on this server, for who looks after the server. */
export default function Tenants() {
  const { t } = useTranslation('app')
  const client = useQueryClient()
  const tenants = useQuery(tenantsQuery)
  const [adding, setAdding] = useState(false)
  const [named, setNamed] = useState<Tenant>()
  const [suspended, setSuspended] = useState<Tenant>()
  const refresh = () => client.invalidateQueries({ queryKey: keys.tenants })
  const resume = useMutation({
    mutationFn: (tenant: Tenant) => change(tenant, { active: true }),
    onSuccess: ({ name }) => tell(t('tenants.resumed', { name })),
    onError: (error) => tell(problemText(t, error)),
    onSettled: refresh,
  })
  return (
    <Page
      title={t('section.tenants')}
      text={t('tenants.text')}
      actions={
        <Button leftSection={<IconPlus size={18} aria-hidden />} onClick={() => setAdding(true)} data-testid="new-tenant">
          {t('tenants.add')}
        </Button>
      }
    >
      <Loaded query={tenants}>{({ items }) => <List items={items} onName={setNamed} onSuspend={setSuspended} onResume={resume.mutate} />}</Loaded>
      <Dialog opened={adding} onClose={() => setAdding(false)} title={t('tenants.add')}>
        <NewTenantForm onClose={() => setAdding(false)} />
      </Dialog>
      <Dialog opened={named !== undefined} onClose={() => setNamed(undefined)} title={t('tenants.rename')}>
        {named && (
          <NameForm
            tenant={named}
            onDone={() => {
              setNamed(undefined)
              void refresh()
            }}
          />
        )}
      </Dialog>
      <ConfirmDialog
        opened={suspended !== undefined}
        title={t('tenants.suspend')}
        text={t('tenants.suspendText', { name: suspended?.name ?? '' })}
        action={t('tenants.suspend')}
        onConfirm={async () => {
          if (suspended) await change(suspended, { active: false })
          tell(t('tenants.suspended', { name: suspended?.name ?? '' }))
          await refresh()
        }}
        onClose={() => setSuspended(undefined)}
      />
    </Page>
  )
}

interface ListProps {
  items: Tenant[]
  onName: (tenant: Tenant) => void
  onSuspend: (tenant: Tenant) => void
  onResume: (tenant: Tenant) => void
}

function List({ items, onName, onSuspend, onResume }: ListProps) {
  const { t } = useTranslation('app')
  const me = useMe()
  const dates = useDates()
  return (
    <TableCard>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('tenants.name')}</Table.Th>
            <Table.Th w={140}>{t('tenants.created')}</Table.Th>
            <Table.Th w={100}>
              <span className="sr-only">{t('common.actions')}</span>
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {items.map((tenant) => (
            <Table.Tr key={tenant.id} data-testid="tenant">
              <Table.Td style={{ overflowWrap: 'anywhere' }}>
                <Group gap="xs">
                  {tenant.name}
                  {tenant.id === me.tenant && <Badge variant="light">{t('tenants.own')}</Badge>}
                  {!tenant.active && (
                    <Badge variant="outline" color="gray">
                      {t('tenants.inactive')}
                    </Badge>
                  )}
                </Group>
              </Table.Td>
              <Table.Td>{dates.day(tenant.created)}</Table.Td>
              <Table.Td>
                <Group gap={4} justify="flex-end" wrap="nowrap">
                  <Tooltip label={t('tenants.rename')}>
                    <ActionIcon variant="subtle" color="gray" aria-label={t('tenants.renameNamed', { name: tenant.name })} onClick={() => onName(tenant)} data-testid="rename-tenant">
                      <IconPencil size={18} />
                    </ActionIcon>
                  </Tooltip>
                  {tenant.id !== me.tenant && <Pause tenant={tenant} onSuspend={onSuspend} onResume={onResume} />}
                </Group>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </TableCard>
  )
}

function Pause({ tenant, onSuspend, onResume }: Pick<ListProps, 'onSuspend' | 'onResume'> & { tenant: Tenant }) {
  const { t } = useTranslation('app')
  const { name, active } = tenant
  return (
    <Tooltip label={active ? t('tenants.suspend') : t('tenants.resume')}>
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={active ? t('tenants.suspendNamed', { name }) : t('tenants.resumeNamed', { name })}
        onClick={() => (active ? onSuspend : onResume)(tenant)}
        data-testid={active ? 'suspend-tenant' : 'resume-tenant'}
      >
        {active ? <IconPlayerPause size={18} /> : <IconPlayerPlay size={18} />}
      </ActionIcon>
    </Tooltip>
  )
}

function NameForm({ tenant, onDone }: { tenant: Tenant; onDone: () => void }) {
  const { t } = useTranslation('app')
  const form = useForm({ mode: 'uncontrolled', initialValues: { name: tenant.name } })
  const save = useFormMutation(form, ({ name }) => change(tenant, { name: name.trim() }), onDone)
  return (
    <form onSubmit={form.onSubmit(save.submit)}>
      <TextInput label={t('tenants.name')} required maxLength={100} data-autofocus mb="md" key={form.key('name')} {...form.getInputProps('name')} data-testid="tenant-new-name" />
      <Fault error={save.fault} />
      <Group justify="flex-end" mt="md">
        <Button type="submit" loading={save.pending} data-testid="save-tenant">
          {t('common.save')}
        </Button>
      </Group>
    </form>
  )
}
