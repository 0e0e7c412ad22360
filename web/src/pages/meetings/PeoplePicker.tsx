import { Button, Group, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { PeopleDirectory } from './PeopleDirectory'
import { type Picked, inRole, withPeople, without } from './picked'
import { PickedPeople } from './PickedPeople'
import type { Person } from './types'

interface Props {
  picked: readonly Picked[]
  onChange: (picked: Picked[]) => void
  /** Whether rights can be given. */
  withRoles?: boolean
}

/** Picks people of the organisation: by checking them, or by dragging them to what they are to be. */
export function PeoplePicker({ picked, onChange, withRoles = false }: Props) {
  const { t } = useTranslation('meetings')
  const [told, setTold] = useState('')
  const nameOf = ({ name, email = '' }: Person) => name || email
  const put = (person: Person, coOrganiser: boolean) => {
    const before = picked.find(({ id }) => id === person.id)
    if (before?.coOrganiser === coOrganiser) return
    onChange(inRole(picked, person, coOrganiser))
    setTold(t(coOrganiser ? 'pick.assigned' : before ? 'pick.withdrawn' : 'pick.pickedNow', { name: nameOf(person) }))
  }
  const lists = { onRemove: (id: string) => onChange(without(picked, id)), onPut: put, withRoles }
  return (
    <Stack gap="sm">
      <PeopleDirectory has={(id) => picked.some((p) => p.id === id)} onAdd={(people) => onChange(withPeople(picked, people))} onRemove={lists.onRemove} />
      {(withRoles || picked.length > 0) && (
        <div>
          <Group justify="space-between" mb={4} mih={26}>
            <Text size="sm" fw={600} aria-live="polite">
              {t('pick.picked', { count: picked.length })}
            </Text>
            {picked.length > 0 && (
              <Button variant="subtle" size="compact-sm" onClick={() => onChange([])} data-testid="remove-all">
                {t('pick.removeAll')}
              </Button>
            )}
          </Group>
          <Stack gap="xs">
            {withRoles && <PickedPeople {...lists} coOrganisers people={picked.filter((p) => p.coOrganiser)} />}
            <PickedPeople {...lists} people={withRoles ? picked.filter((p) => !p.coOrganiser) : picked} />
          </Stack>
          <span className="sr-only" role="status">
            {told}
          </span>
        </div>
      )}
    </Stack>
  )
}
