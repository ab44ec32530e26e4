import { createClient } from '@connectrpc/connect'
import { useTransport } from '@connectrpc/connect-query'
import { Button, Group, Stack, Text, Textarea, Title } from '@mantine/core'
import { useState } from 'react'

import { problem } from '@/api/errors'
import { readAgain } from '@/api/queries'
import { useDraft } from '@/app/useDraft'
import { OpsService, type Note } from '@/gen/kite/ops/v1/ops_pb'
import { useMe } from '@/session/use'
import { done } from '@/ui/notify'
import { formatTime } from '@/ui/time'
import { explain as texts } from './explainTexts'

/** What those who keep Kite running found out of a run, the latest first. */
export function Notes({ buyoutId, notes }: { buyoutId: string; notes: Note[] }) {
  const t = texts.use()
  const me = useMe()
  return (
    <Stack gap="xs" component="section" aria-label={t('notes')}>
      <Title order={2} size="h6">
        {t('notes')}
      </Title>
      {notes.length === 0 && <Text size="sm">{t('notes_none')}</Text>}
      {notes.map((note, index) => (
        <div key={index}>
          <Text size="xs" c="dimmed">
            {formatTime(note.at)}, {note.by?.name}
          </Text>
          <Text size="sm" className="kite-words" style={{ whiteSpace: 'pre-wrap' }}>
            {note.text}
          </Text>
        </div>
      ))}
      {me.may('kite.ops.v1.OpsService/NoteRun') && <Form buyoutId={buyoutId} />}
    </Stack>
  )
}

function Form({ buyoutId }: { buyoutId: string }) {
  const t = texts.use()
  const transport = useTransport()
  const [text, setText, clear] = useDraft(`note:${buyoutId}`, '')
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState('')
  const send = async () => {
    setBusy(true)
    setError('')
    try {
      await createClient(OpsService, transport).noteRun({ buyoutId, text: text.trim() })
      clear()
      done(t('noted'))
      readAgain()
    } catch (refused) {
      setError(problem(refused).text)
    } finally {
      setBusy(false)
    }
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        void send()
      }}
    >
      <Stack gap="xs">
        <Textarea
          label={t('note')}
          description={t('note_hint')}
          autosize
          minRows={2}
          maxRows={8}
          maxLength={4000}
          value={text}
          error={error || undefined}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <Group justify="flex-end">
          <Button type="submit" size="xs" loading={busy} disabled={text.trim() === ''}>
            {t('note_send')}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
