import { Text } from '@mantine/core'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Me } from '../../api/client'
import { onProofNeeded } from '../../api/proof'
import { Dialog } from '../ui/Dialog'
import { ProofForm } from '../ui/ProofForm'

/** Asks for a fresh proof when the server wants one; what was to be done goes on after it. */
export function ProofDialog({ me }: { me: Me }) {
  const { t } = useTranslation('app')
  const [opened, setOpened] = useState(false)
  const answer = useRef<(given: boolean) => void>(undefined)
  useEffect(
    () =>
      onProofNeeded(() => {
        answer.current?.(false)
        setOpened(true)
        return new Promise((resolve) => {
          answer.current = resolve
        })
      }),
    [],
  )
  const close = (given: boolean) => {
    setOpened(false)
    answer.current?.(given)
    answer.current = undefined
  }
  return (
    <Dialog opened={opened} onClose={() => close(false)} title={t('proof.title')} zIndex={400}>
      <Text mb="md">{t('proof.text')}</Text>
      <ProofForm me={me} onProven={() => close(true)} />
    </Dialog>
  )
}
