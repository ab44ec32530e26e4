import { Button, Group, Stack, Text, Textarea } from '@mantine/core'
import { modals } from '@mantine/modals'
import { useState, type ReactNode } from 'react'

import { problem } from '@/api/errors'
import { ui } from './texts'

interface Question {
  title: string
  text?: ReactNode
  confirm: string
  /** Buttons of what cannot be undone are red. */
  danger?: boolean
  /** Ask for a reason; it is handed to `run`. */
  reason?: 'required' | 'optional' | 'none'
  run: (reason: string) => Promise<unknown>
}

/** Asks before price, payout, cancel and the like. Stays open with what was typed when the server refuses. */
export function confirmReason(question: Question): void {
  const id = crypto.randomUUID()
  modals.open({
    modalId: id,
    title: question.title,
    children: <Form question={question} close={() => modals.close(id)} />,
  })
}

function Form({ question, close }: { question: Question; close: () => void }) {
  const t = ui.use()
  const [reason, setReason] = useState('')
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState('')
  const wants = question.reason ?? 'required'
  const submit = async () => {
    if (wants === 'required' && reason.trim() === '') {
      setError(t('reason_needed'))
      return
    }
    setBusy(true)
    setError('')
    try {
      await question.run(reason.trim())
      close()
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
        void submit()
      }}
    >
      <Stack>
        {question.text && <Text size="sm">{question.text}</Text>}
        {wants !== 'none' && (
          <Textarea
            label={t('reason')}
            required={wants === 'required'}
            autosize
            minRows={2}
            maxRows={8}
            maxLength={4000}
            data-autofocus
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
        )}
        {error !== '' && (
          <Text c="red" size="sm" role="alert">
            {error}
          </Text>
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {t('cancel')}
          </Button>
          <Button
            type="submit"
            // Enter confirms what the keyboard asked for, unless it cannot be undone.
            data-autofocus={(wants === 'none' && !question.danger) || undefined}
            color={question.danger ? 'red' : undefined}
            loading={busy}
          >
            {question.confirm}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
