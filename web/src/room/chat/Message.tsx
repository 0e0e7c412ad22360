import { Anchor } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { ChatMessage } from '../../rtc'
import { useTimeOfDay } from '../useTimeOfDay'
import classes from './Chat.module.css'
import { withLinks } from './links'

interface Props {
  message: Pick<ChatMessage, 'name' | 'text' | 'at'>
  own: boolean
  /** It stands under the name of the one before. */
  follows: boolean
}

/** One message. Web addresses in it open elsewhere, and are not told from where one comes. */
export function Message({ message: { name, text, at }, own, follows }: Props) {
  const { t } = useTranslation()
  const time = useTimeOfDay()
  return (
    <li className={classes.message} data-follows={follows || undefined} data-testid="chat-message">
      {!follows && (
        <div className={classes.who}>
          <span className={classes.name}>{own ? t('tile.you', { name }) : name}</span>
          <time className={classes.time} dateTime={at}>
            {time(at)}
          </time>
        </div>
      )}
      <p className={classes.text}>
        {withLinks(text).map((piece, index) =>
          piece.href ? (
            <Anchor key={index} href={piece.href} target="_blank" rel="noopener noreferrer nofollow" underline="always" inherit>
              {piece.text}
            </Anchor>
          ) : (
            piece.text
          ),
        )}
      </p>
    </li>
  )
}
