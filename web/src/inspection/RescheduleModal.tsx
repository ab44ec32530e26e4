import { timestampDate, timestampFromDate } from '@bufbuild/protobuf/wkt'
import { Button, Group, Modal, Stack, Text, Textarea, TextInput } from '@mantine/core'
import { useState, type FormEvent } from 'react'

import { problem } from '@/api/errors'
import { queries } from '@/api/queries'
import { inspections } from '@/api/transport'
import { useDraft } from '@/app/useDraft'
import type { GetInspectionResponse } from '@/gen/kite/inspection/v1/inspection_pb'
import { done } from '@/ui/notify'
import { ui } from '@/ui/texts'
import { inspection as texts } from './texts'
import { fromField, toField } from './visit'

/** Agrees another time with the client; typed and shown in the time of the site. */
export function RescheduleModal({
  visit,
  buyoutId,
  close,
}: {
  visit: GetInspectionResponse
  buyoutId: string
  close: () => void
}) {
  const t = texts.use()
  const words = ui.use()
  const zone = visit.timeZone
  const [draft, setDraft, clear] = useDraft(`reschedule:${buyoutId}`, () => ({
    at: toField(visit.visitAt && timestampDate(visit.visitAt), zone),
    reason: '',
  }))
  const [requestId, setRequestId] = useState(() => crypto.randomUUID())
  const [errors, setErrors] = useState<{ at?: string; reason?: string; other?: string }>({})
  const [busy, setBusy] = useState(false)
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    const at = fromField(draft.at, zone)
    const found = {
      at: !at ? t('reschedule_wrong') : isPast(at) ? t('reschedule_past') : undefined,
      reason: draft.reason.trim() === '' ? words('reason_needed') : undefined,
    }
    setErrors(found)
    if (!at || found.at !== undefined || found.reason !== undefined) return
    setBusy(true)
    try {
      const answer = await inspections.rescheduleVisit({
        buyoutId,
        visitAt: timestampFromDate(at),
        reason: draft.reason.trim(),
        requestId,
      })
      done(answer.message)
      clear()
      close()
      await queries.invalidateQueries()
    } catch (error) {
      const told = problem(error)
      // A refusal is final; what did not arrive is sent again under the same id.
      if (!told.passing) setRequestId(crypto.randomUUID())
      const field = (name: string) => told.violations.find((each) => each.field.endsWith(name))?.text
      setErrors({ at: field('visit_at'), reason: field('reason'), other: told.text })
    } finally {
      setBusy(false)
    }
  }
  return (
    <Modal opened onClose={close} title={t('reschedule_title')}>
      <form onSubmit={(event) => void submit(event)} noValidate>
        <Stack>
          <TextInput
            type="datetime-local"
            size="md"
            label={t('reschedule_at')}
            description={zone === '' ? undefined : t('reschedule_zone', { zone })}
            required
            data-autofocus
            value={draft.at}
            error={errors.at}
            onChange={(event) => setDraft({ ...draft, at: event.currentTarget.value })}
          />
          <Textarea
            size="md"
            label={t('reschedule_reason')}
            required
            autosize
            minRows={2}
            maxRows={6}
            maxLength={4000}
            value={draft.reason}
            error={errors.reason}
            onChange={(event) => setDraft({ ...draft, reason: event.currentTarget.value })}
          />
          {errors.other !== undefined && (
            <Text size="sm" c="var(--kite-late)" role="alert">
              {errors.other}
            </Text>
          )}
          <Group justify="flex-end">
            <Button variant="default" size="md" onClick={close}>
              {words('cancel')}
            </Button>
            <Button type="submit" size="md" loading={busy}>
              {t('reschedule_submit')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}

function isPast(at: Date): boolean {
  return at.getTime() < Date.now()
}
