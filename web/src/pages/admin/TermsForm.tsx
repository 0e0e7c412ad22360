import { Alert, Button, Group, Text, Textarea } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type Terms, type Told, api, callWithEtag } from '../../api/client'
import { keys } from '../../api/keys'
import { hasCode } from '../../api/problem'
import { termsQuery } from '../../api/queries'
import { ConfirmDialog } from '../ui/ConfirmDialog'
import { Loaded } from '../ui/Loaded'
import { Section } from '../ui/Section'
import { tell } from '../ui/tell'
import { useFresh } from '../ui/useFresh'

const MAX = 50_000

/** The terms of use of the organisation, and how many have accepted them. */
export function TermsSection() {
  const { t } = useTranslation('app')
  const terms = useFresh(termsQuery)
  const [round, setRound] = useState(0)
  const again = async () => {
    await terms.refetch()
    setRound((n) => n + 1)
  }
  return (
    <Section title={t('terms.title')} text={t('terms.text')}>
      <Loaded query={terms}>{(told) => <TermsForm key={round} latest={told} onAgain={() => void again()} />}</Loaded>
    </Section>
  )
}

function TermsForm({ latest, onAgain }: { latest: Told<Terms>; onAgain: () => void }) {
  const { t } = useTranslation('app')
  const client = useQueryClient()
  // What somebody else saves meanwhile is not what was read here; only the counts may change by themselves.
  const [read, setRead] = useState(latest)
  const [text, setText] = useState(latest.data.text)
  const [asking, setAsking] = useState(false)
  const [conflict, setConflict] = useState(false)
  const wanted = text.trim()
  const save = async () => {
    try {
      const now = await callWithEtag(() => api.PUT('/api/v1/settings/terms', { params: { header: { 'If-Match': read.etag } }, body: { text: wanted } }))
      client.setQueryData(keys.terms, now)
      setRead(now)
      setText(now.data.text)
      setConflict(false)
      tell(t('common.saved'))
      void client.invalidateQueries({ queryKey: keys.me })
    } catch (error) {
      if (!hasCode(error, 'version')) throw error
      setConflict(true) // the dialog closes: trying again there would not help
    }
  }
  const { accepted, users } = latest.data
  return (
    <>
      <Textarea
        label={t('terms.label')}
        description={t('terms.help')}
        autosize
        minRows={4}
        maxRows={16}
        maxLength={MAX}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        data-testid="terms-input"
      />
      <Text size="sm" c="dimmed" data-testid="terms-state">
        {read.data.text === '' ? t('terms.none') : t('terms.state', { accepted, users })}
      </Text>
      {conflict && (
        <Alert color="orange" role="alert">
          {t('terms.conflict')}
          <Button mt="xs" display="block" size="compact-sm" variant="default" onClick={onAgain}>
            {t('users.showNew')}
          </Button>
        </Alert>
      )}
      <Group>
        <Button disabled={wanted === read.data.text} onClick={() => setAsking(true)} data-testid="save-terms">
          {t('common.save')}
        </Button>
      </Group>
      <ConfirmDialog
        opened={asking}
        title={t('terms.confirmTitle')}
        text={wanted === '' ? t('terms.dropText') : t('terms.confirmText')}
        action={t('terms.confirm')}
        onConfirm={save}
        onClose={() => setAsking(false)}
      />
    </>
  )
}
