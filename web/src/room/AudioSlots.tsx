import { Button } from '@mantine/core'
import { IconVolume } from '@tabler/icons-react'
import { useCallback, useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Slot } from '../rtc'
import classes from './AudioSlots.module.css'

/** Plays all that is heard. Browsers may want a click first: then there is a button for it. */
export function AudioSlots({ slots, speakerId }: { slots: readonly Slot[]; speakerId: string | undefined }) {
  const { t } = useTranslation()
  const box = useRef<HTMLDivElement>(null)
  const [blocked, setBlocked] = useState(false)
  const onBlocked = useCallback(() => setBlocked(true), [])
  const unblock = () => {
    setBlocked(false)
    for (const audio of box.current?.querySelectorAll('audio') ?? []) audio.play().catch(onBlocked)
  }
  return (
    <>
      <div ref={box} hidden>
        {slots
          .filter((slot) => slot.kind === 'audio')
          .map((slot) => (
            <Sound key={slot.mid} slot={slot} speakerId={speakerId} onBlocked={onBlocked} />
          ))}
      </div>
      {blocked && (
        <Button className={classes.hint} leftSection={<IconVolume size={18} />} onClick={unblock} data-testid="unblock-audio">
          {t('room.hear')}
        </Button>
      )}
    </>
  )
}

function Sound({ slot, speakerId, onBlocked }: { slot: Slot; speakerId: string | undefined; onBlocked: () => void }) {
  const ref = useRef<HTMLAudioElement>(null)
  const { stream, mid } = slot
  useEffect(() => {
    const audio = ref.current
    if (!audio) return
    audio.srcObject = stream
    audio.play().catch((error: unknown) => {
      if (error instanceof DOMException && error.name === 'NotAllowedError') onBlocked()
    })
    return () => {
      audio.srcObject = null
    }
  }, [stream, onBlocked])
  useEffect(() => {
    const audio = ref.current
    // Not every browser lets a page choose; then the system's choice stands.
    if (audio && 'setSinkId' in audio) audio.setSinkId(speakerId ?? '').catch(() => undefined)
  }, [speakerId])
  return <audio ref={ref} autoPlay data-slot={mid} />
}
