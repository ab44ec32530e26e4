import { Button, Card, Group, Radio, Stack, Text, Textarea, Title } from '@mantine/core'
import { useId, useState } from 'react'

import { useDraft } from '@/app/useDraft'
import type { DecisionState } from '@/task/form'
import { confirmReason } from '@/ui/confirmReason'
import { fieldError, otherErrors } from '@/ui/fieldError'
import { FormErrors } from '@/ui/FormErrors'
import { check as texts } from './texts'

export interface Choice<Code extends string> {
  code: Code
  label: string
  text: string
  /** A reason must be given with it. */
  reason: boolean
  /** Ends the deal: asked about once more, with this title. */
  confirm?: string
  /** Why it cannot be chosen now. */
  blocked?: string
}

interface Draft {
  code: string
  reason: string
}

/** One of a few decisions, some with a reason. What is typed stays until the process takes it. */
export function ChoiceForm<Code extends string>({
  draft: key,
  choices,
  decision,
  send,
}: {
  draft: string
  choices: Choice<Code>[]
  decision: DecisionState
  send: (code: Code, reason: string) => Promise<boolean>
}) {
  const t = texts.use()
  const [draft, setDraft, clear] = useDraft<Draft>(key, { code: '', reason: '' })
  const [tried, setTried] = useState(false)
  const title = useId()
  const chosen = choices.find((each) => each.code === draft.code && each.blocked === undefined)
  const locked = decision.refusal !== ''
  const noReason = chosen?.reason === true && draft.reason.trim() === ''
  const go = async () => {
    if (chosen && (await send(chosen.code, chosen.reason ? draft.reason.trim() : ''))) clear()
  }
  const submit = () => {
    setTried(true)
    if (!chosen || noReason) return
    if (chosen.confirm === undefined) void go()
    else
      confirmReason({
        title: chosen.confirm,
        text: chosen.text,
        confirm: chosen.label,
        danger: true,
        reason: 'none',
        run: go,
      })
  }
  return (
    <Card withBorder padding="sm">
      <form
        // What is missing is said in the language of the page, under its field.
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          submit()
        }}
      >
        <Stack gap="sm">
          <Title order={2} size="h5" id={title}>
            {t('decision')}
          </Title>
          <Radio.Group
            aria-labelledby={title}
            value={chosen?.code ?? ''}
            onChange={(code) => setDraft((old) => ({ ...old, code }))}
            error={tried && !chosen ? t('choose') : undefined}
          >
            <Stack gap="sm">
              {choices.map((each) => (
                <Radio
                  key={each.code}
                  value={each.code}
                  label={each.label}
                  description={each.blocked ?? each.text}
                  disabled={locked || each.blocked !== undefined}
                />
              ))}
            </Stack>
          </Radio.Group>
          {chosen?.reason && (
            <Textarea
              label={t('reason')}
              required
              autosize
              minRows={2}
              maxRows={10}
              maxLength={4000}
              disabled={locked}
              value={draft.reason}
              onChange={(event) => {
                const reason = event.currentTarget.value
                setDraft((old) => ({ ...old, reason }))
              }}
              error={
                fieldError(decision.errors, 'reason') ?? (tried && noReason ? t('reason_needed') : undefined)
              }
            />
          )}
          <FormErrors errors={otherErrors(decision.errors, chosen?.reason ? ['reason'] : [])} />
          {locked && <Text size="sm">{t('read_only', { refusal: decision.refusal })}</Text>}
          <Group justify="flex-end">
            <Button
              type="submit"
              color={chosen?.confirm !== undefined ? 'red' : undefined}
              loading={decision.busy}
              disabled={locked}
            >
              {chosen?.label ?? t('send')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Card>
  )
}
