import { ActionIcon, Button, Group, Table, Text, TextInput, Tooltip } from '@mantine/core'
import { useForm } from '@mantine/form'
import { IconPencil, IconPlus, IconTrash } from '@tabler/icons-react'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type Department, api, call, match } from '../../api/client'
import { keys } from '../../api/keys'
import { departmentsQuery } from '../../api/queries'
import { ConfirmDialog } from '../ui/ConfirmDialog'
import { Dialog } from '../ui/Dialog'
import { Fault } from '../ui/Fault'
import { Loaded } from '../ui/Loaded'
import { Page } from '../ui/Page'
import { TableCard } from '../ui/TableCard'
import { useFormMutation } from '../ui/useFormMutation'

export default function Departments() {
  const { t } = useTranslation('app')
  const client = useQueryClient()
  const departments = useQuery(departmentsQuery)
  const [named, setNamed] = useState<Department | 'new'>()
  const [dropped, setDropped] = useState<Department>()
  const refresh = () => client.invalidateQueries({ queryKey: keys.departments })
  return (
    <Page
      title={t('section.departments')}
      text={t('departments.text')}
      actions={
        <Button leftSection={<IconPlus size={18} aria-hidden />} onClick={() => setNamed('new')} data-testid="new-department">
          {t('departments.add')}
        </Button>
      }
    >
      <Loaded query={departments}>
        {({ items }) => (items.length === 0 ? <Text c="dimmed">{t('departments.none')}</Text> : <List items={items} onName={setNamed} onDrop={setDropped} />)}
      </Loaded>
      <Dialog opened={named !== undefined} onClose={() => setNamed(undefined)} title={named === 'new' ? t('departments.add') : t('departments.rename')}>
        {named && (
          <NameForm
            department={named === 'new' ? undefined : named}
            onDone={() => {
              setNamed(undefined)
              void refresh()
            }}
            onAgain={() => {
              setNamed(undefined)
              void refresh()
            }}
          />
        )}
      </Dialog>
      <ConfirmDialog
        opened={dropped !== undefined}
        title={t('departments.delete')}
        text={t('departments.deleteText', { name: dropped?.name ?? '', count: dropped?.members ?? 0 })}
        action={t('departments.delete')}
        onConfirm={async () => {
          if (dropped) await call(() => api.DELETE('/api/v1/departments/{id}', { params: { path: { id: dropped.id } } }))
          await Promise.all([refresh(), client.invalidateQueries({ queryKey: keys.users })])
        }}
        onClose={() => setDropped(undefined)}
      />
    </Page>
  )
}

function List({ items, onName, onDrop }: { items: Department[]; onName: (d: Department) => void; onDrop: (d: Department) => void }) {
  const { t } = useTranslation('app')
  return (
    <TableCard>
      <Table highlightOnHover>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('departments.name')}</Table.Th>
            <Table.Th ta="right">{t('departments.members')}</Table.Th>
            <Table.Th w={100}>
              <span className="sr-only">{t('common.actions')}</span>
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {items.map((department) => (
            <Table.Tr key={department.id}>
              <Table.Td style={{ overflowWrap: 'anywhere' }}>{department.name}</Table.Td>
              <Table.Td ta="right">{department.members}</Table.Td>
              <Table.Td>
                <Group gap={4} justify="flex-end" wrap="nowrap">
                  <Tooltip label={t('departments.rename')}>
                    <ActionIcon variant="subtle" color="gray" aria-label={t('departments.renameNamed', { name: department.name })} onClick={() => onName(department)}>
                      <IconPencil size={18} />
                    </ActionIcon>
                  </Tooltip>
                  <Tooltip label={t('departments.delete')}>
                    <ActionIcon variant="subtle" color="gray" aria-label={t('departments.deleteNamed', { name: department.name })} onClick={() => onDrop(department)}>
                      <IconTrash size={18} />
                    </ActionIcon>
                  </Tooltip>
                </Group>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </TableCard>
  )
}

function NameForm({ department, onDone, onAgain }: { department: Department | undefined; onDone: () => void; onAgain: () => void }) {
  const { t } = useTranslation('app')
  const form = useForm({ mode: 'uncontrolled', initialValues: { name: department?.name ?? '' } })
  const save = useFormMutation(
    form,
    ({ name }) => {
      const body = { name: name.trim() }
      if (!department) return call(() => api.POST('/api/v1/departments', { body }))
      return call(() => api.PUT('/api/v1/departments/{id}', { params: { path: { id: department.id }, header: match(department.version) }, body }))
    },
    onDone,
  )
  return (
    <form onSubmit={form.onSubmit(save.submit)}>
      <TextInput label={t('departments.name')} required maxLength={100} data-autofocus mb="md" key={form.key('name')} {...form.getInputProps('name')} />
      <Fault error={save.fault} instead={{ version: t('departments.conflict') }} onRetry={onAgain} />
      <Group justify="flex-end" mt="md">
        <Button type="submit" loading={save.pending}>
          {t('common.save')}
        </Button>
      </Group>
    </form>
  )
}
