import { ActionIcon, Button, Group, Menu, Tabs, Text, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { IconBolt, IconCalendarPlus, IconCalendarShare, IconDots, IconDoor, IconSearch } from '@tabler/icons-react'
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useLocation, useSearch } from 'wouter'
import { Loaded } from '../ui/Loaded'
import { MoreButton } from '../ui/MoreButton'
import { Page } from '../ui/Page'
import { DetailsDrawer } from './DetailsDrawer'
import { FeedDialog } from './FeedDialog'
import { InstantDialog } from './InstantDialog'
import { MeetingList } from './MeetingList'
import { MyRoomDialog } from './MyRoomDialog'
import { meetingsQuery } from './queries'
import type { When } from './types'

/** One's meetings: those to come and those that were. */
export default function Meetings() {
  const { t } = useTranslation('meetings')
  const [when, setWhen] = useState<When>('scheduled')
  const [search, setSearch] = useState('')
  const [settled] = useDebouncedValue(search.trim(), 250)
  const [dialog, setDialog] = useState<'instant' | 'room' | 'feed'>()
  const [, go] = useLocation()
  const fields = new URLSearchParams(useSearch())
  const chosen = fields.get('id') ?? undefined
  const occurrence = fields.get('at') ?? undefined
  const close = () => setDialog(undefined)
  return (
    <Page
      title={t('title')}
      width={960}
      actions={
        <Group gap="xs">
          <Button variant="default" leftSection={<IconBolt size={18} aria-hidden />} onClick={() => setDialog('instant')} data-testid="meet-now">
            {t('instant.open')}
          </Button>
          <Button component={Link} href="/meetings/new" leftSection={<IconCalendarPlus size={18} aria-hidden />} data-testid="schedule">
            {t('schedule.open')}
          </Button>
          <Menu position="bottom-end" shadow="md">
            <Menu.Target>
              <ActionIcon variant="default" size={36} aria-label={t('more')} data-testid="more">
                <IconDots size={18} />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item leftSection={<IconDoor size={18} aria-hidden />} onClick={() => setDialog('room')}>
                {t('room.info')}
              </Menu.Item>
              <Menu.Item leftSection={<IconCalendarShare size={18} aria-hidden />} onClick={() => setDialog('feed')}>
                {t('feed.title')}
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        </Group>
      }
    >
      <Tabs value={when} onChange={(value) => setWhen(value === 'previous' ? 'previous' : 'scheduled')} keepMounted={false}>
        <Tabs.List mb="md">
          <Tabs.Tab value="scheduled">{t('list.scheduled')}</Tabs.Tab>
          <Tabs.Tab value="previous">{t('list.previous')}</Tabs.Tab>
        </Tabs.List>
        <TextInput
          type="search"
          maxLength={100}
          mb="md"
          leftSection={<IconSearch size={18} aria-hidden />}
          aria-label={t('list.search')}
          placeholder={t('list.search')}
          value={search}
          onChange={({ currentTarget }) => setSearch(currentTarget.value)}
          data-testid="search"
        />
        <Tabs.Panel value={when}>
          <List when={when} search={settled} onChoose={(id, at) => go(`/meetings?${new URLSearchParams({ id, ...(at && { at }) }).toString()}`)} />
        </Tabs.Panel>
      </Tabs>
      <DetailsDrawer id={chosen} occurrence={occurrence} onClose={() => go('/meetings')} />
      <InstantDialog opened={dialog === 'instant'} onClose={close} />
      <MyRoomDialog opened={dialog === 'room'} onClose={close} />
      <FeedDialog opened={dialog === 'feed'} onClose={close} />
    </Page>
  )
}

function List({ when, search, onChoose }: { when: When; search: string; onChoose: (id: string, occurrence: string | undefined) => void }) {
  const { t } = useTranslation('meetings')
  const query = useInfiniteQuery({ ...meetingsQuery(when, search), placeholderData: keepPreviousData })
  return (
    <>
      <Loaded query={query}>
        {({ pages }) => {
          const all = pages.flatMap(({ items }) => items)
          if (all.length > 0) return <MeetingList meetings={all} onChoose={onChoose} />
          return (
            <Text c="dimmed" role="status">
              {search ? t('list.noneFit') : t(`list.none.${when}`)}
            </Text>
          )
        }}
      </Loaded>
      <MoreButton query={query} />
    </>
  )
}
