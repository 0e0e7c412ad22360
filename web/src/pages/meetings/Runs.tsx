import { Accordion, Tabs, Title } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import classes from './DetailsDrawer.module.css'
import { RunChat } from './RunChat'
import type { Attendance, Details } from './types'
import { useTimes } from './useTimes'

interface Props {
  meeting: string
  instances: Details['instances']
}

/** Past runs: who was there from when to when, and what was said. */
export function Runs({ meeting, instances }: Props) {
  const { t } = useTranslation('meetings')
  const times = useTimes()
  if (instances.length === 0) return null
  return (
    <section>
      <Title order={3} size="h5" mb="xs">
        {t('details.runs')}
      </Title>
      <Accordion variant="separated">
        {instances.map(({ id, started, ended, attendees, attendance }) => {
          const from = new Date(started)
          return (
            <Accordion.Item key={id} value={id}>
              <Accordion.Control data-testid="run">
                <span>{times.own.day(from)}</span>
                <span className={classes.small}>
                  {ended ? times.own.range(from, new Date(ended)) : t('details.since', { time: times.own.time(from) })} · {t('list.attendees', { count: attendees })}
                </span>
              </Accordion.Control>
              <Accordion.Panel>
                <Tabs defaultValue="people" keepMounted={false}>
                  <Tabs.List mb="sm">
                    <Tabs.Tab value="people">{t('details.attendees')}</Tabs.Tab>
                    <Tabs.Tab value="chat" data-testid="run-chat">
                      {t('details.chat')}
                    </Tabs.Tab>
                  </Tabs.List>
                  <Tabs.Panel value="people">
                    <ul className={classes.people}>
                      {byPerson(attendance).map((stays) => (
                        <Stays key={stays[0]?.identity} stays={stays} />
                      ))}
                    </ul>
                  </Tabs.Panel>
                  <Tabs.Panel value="chat">
                    <RunChat meeting={meeting} instance={id} />
                  </Tabs.Panel>
                </Tabs>
              </Accordion.Panel>
            </Accordion.Item>
          )
        })}
      </Accordion>
    </section>
  )
}

function Stays({ stays }: { stays: readonly Attendance[] }) {
  const { t } = useTranslation('meetings')
  const times = useTimes()
  const spans = stays.map(({ joined, left }) => (left ? times.own.range(new Date(joined), new Date(left)) : t('details.since', { time: times.own.time(new Date(joined)) })))
  return (
    <li>
      {stays[0]?.name}
      <span className={classes.small}>{spans.join(', ')}</span>
    </li>
  )
}

/** Stays of the same person belong together, however often it came. */
export function byPerson(attendance: readonly Attendance[]): Attendance[][] {
  const people = new Map<string, Attendance[]>()
  for (const stay of attendance) people.set(stay.identity, [...(people.get(stay.identity) ?? []), stay])
  return [...people.values()]
}
