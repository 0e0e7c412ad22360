import { Text } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { useMe } from '../../api/queries'
import { follows } from '../../room/chat/follows'
import { Message } from '../../room/chat/Message'
import { Loaded } from '../ui/Loaded'
import { MoreButton } from '../ui/MoreButton'
import classes from './DetailsDrawer.module.css'
import { messagesQuery } from './queries'

/** What was said to everybody in one run of a meeting. */
export function RunChat({ meeting, instance }: { meeting: string; instance: string }) {
  const { t } = useTranslation('meetings')
  const me = useMe()
  const query = useInfiniteQuery(messagesQuery(meeting, instance))
  return (
    <Loaded query={query}>
      {({ pages }) => {
        const messages = pages.flatMap(({ items }) => items)
        if (messages.length === 0) {
          return (
            <Text c="dimmed" size="sm">
              {t('details.noChat')}
            </Text>
          )
        }
        return (
          <>
            <ul className={classes.people} data-testid="run-messages">
              {messages.map((one, index) => (
                <Message key={one.id} message={one} own={one.user === me.id} follows={follows(messages[index - 1], one)} />
              ))}
            </ul>
            <MoreButton query={query} />
          </>
        )
      }}
    </Loaded>
  )
}
