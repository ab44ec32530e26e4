import { Button, Collapse, Group, Kbd, Stack, Text, Textarea } from '@mantine/core'
import { lazy, Suspense, useId, useState } from 'react'

import { useDraft } from '@/app/useDraft'
import { chat } from '@/chat/texts'
import { Checks } from '@/check/Checks'
import { Market } from '@/check/Market'
import { InspectionView } from '@/inspection/InspectionView'
import type { FormProps } from '@/task/form'
import { confirmReason } from '@/ui/confirmReason'
import { fieldError, otherErrors } from '@/ui/fieldError'
import { FormErrors } from '@/ui/FormErrors'
import classes from './Appraise.module.css'
import { Case, type SectionOf } from './Case'
import {
  beginning,
  gaps,
  toMessage,
  withChannel,
  withForecast,
  withLine,
  type Draft,
  type Gap,
} from './draft'
import { Forecasts } from './Forecasts'
import { Meaning } from './Meaning'
import { Prices } from './Prices'
import { Repairs } from './Repairs'
import { Sums } from './Sums'
import { appraisal as texts } from './texts'
import { usePreview } from './usePreview'

const SHOWN = ['channel', 'forecast_price', 'buyout_price', 'stop_price', 'repairs']

// The last section of the case: it comes a moment after the rest.
const Chat = lazy(async () => ({ default: (await import('@/chat/Chat')).Chat }))

/** The appraiser's case: what was seen, what the registries and the market say, and the price. */
export default function AppraiseForm({ task, buyout, decision }: FormProps) {
  const t = texts.use()
  const c = chat.use()
  const [draft, setDraft, clear] = useDraft<Draft>(`appraise:${task.id}`, () => beginning(buyout))
  const [tried, setTried] = useState(false)
  const ids = useId()
  const preview = usePreview(buyout.summary?.id ?? '', draft)
  const locked = decision.refusal !== ''
  const missing = gaps(draft)
  const set = (change: Partial<Draft>) => setDraft((old) => ({ ...old, ...change }))

  /** The server's refusal, what its preview says of a field that is filled in, or what is missing. */
  const errorOf = (field: Gap, filled: boolean): string | undefined => {
    const refused = fieldError(decision.errors, field)
    if (refused !== undefined) return refused
    const told = preview.data?.violations.find((each) => each.field.endsWith(`.${field}`))
    if (told && filled && !preview.old) return told.description
    if (field === 'stop_price' && missing.includes('stop_below')) return t('gap_stop_below')
    return tried && missing.includes(field) ? t(`gap_${field}`) : undefined
  }

  const decide = async (kind: Parameters<typeof decision.decide>[0]) => {
    if (await decision.decide(kind)) clear()
  }
  const submit = () => {
    setTried(true)
    if (locked || decision.busy) return
    const first = missing[0]
    if (first !== undefined) {
      const field = first === 'stop_below' ? 'stop_price' : first
      document.getElementById(`${ids}-${field}`)?.focus()
      return
    }
    confirmReason({
      title: t('confirm'),
      text: <Sums draft={draft} preview={preview.data} />,
      confirm: t('send'),
      reason: 'none',
      run: () => decide({ case: 'appraise', value: toMessage(draft) }),
    })
  }

  const sections: SectionOf[] = [
    {
      key: 'inspection',
      area: 'look',
      title: t('section_inspection'),
      body: <InspectionView buyout={buyout} />,
    },
    { key: 'checks', area: 'history', title: t('section_checks'), body: <Checks buyout={buyout} /> },
    {
      key: 'market',
      area: 'history',
      title: t('section_market'),
      body: (
        <Market
          buyout={buyout}
          marks={[
            { key: 'forecast', price: draft.forecastPrice },
            { key: 'buyout', price: draft.buyoutPrice },
            { key: 'stop', price: draft.stopPrice },
          ]}
        />
      ),
    },
    {
      key: 'repairs',
      area: 'decide',
      title: t('section_repairs'),
      body: (
        <div id={`${ids}-repairs`} tabIndex={-1}>
          <Repairs
            lines={draft.lines}
            locked={locked}
            tried={tried}
            error={errorOf('repairs', true)}
            onLine={(key, change) => setDraft((old) => withLine(old, key, change))}
            onRemove={(key) =>
              setDraft((old) => ({ ...old, lines: old.lines.filter((line) => line.key !== key) }))
            }
            onAdd={(element, kind) =>
              setDraft((old) => ({
                ...old,
                lines: [
                  ...old.lines,
                  { key: crypto.randomUUID(), element, kind, fix: true, comment: '', added: true },
                ],
              }))
            }
          />
        </div>
      ),
    },
    {
      key: 'price',
      area: 'decide',
      title: t('section_price'),
      body: (
        <Stack gap="sm">
          <Forecasts
            draft={draft}
            margins={preview.data?.margins ?? []}
            old={preview.old}
            locked={locked}
            id={`${ids}-channel`}
            error={errorOf('channel', draft.channel !== undefined)}
            onForecast={(channel, forecast) => setDraft((old) => withForecast(old, channel, forecast))}
            onChannel={(channel) => setDraft((old) => withChannel(old, channel))}
          />
          <Prices draft={draft} set={set} ids={ids} locked={locked} errorOf={errorOf} buyout={buyout} />
          <Meaning preview={preview} />
          <Textarea
            label={t('comment')}
            autosize
            minRows={2}
            maxRows={10}
            maxLength={4000}
            disabled={locked}
            value={draft.comment}
            onChange={(event) => set({ comment: event.currentTarget.value })}
            error={fieldError(decision.errors, 'comment')}
          />
          <FormErrors errors={otherErrors(decision.errors, [...SHOWN, 'comment', 'reason'])} />
          {locked && <Text size="sm">{t('read_only', { refusal: decision.refusal })}</Text>}
          <Group justify="flex-end" className={classes.actions}>
            <Button onClick={submit} loading={decision.busy} disabled={locked}>
              {t('send')}
            </Button>
          </Group>
          <Return
            reason={draft.returnReason}
            onReason={(returnReason) => set({ returnReason })}
            error={fieldError(decision.errors, 'reason')}
            locked={locked}
            busy={decision.busy}
            send={(text) => decide({ case: 'returnToInspection', value: { text } })}
          />
          <Keys />
        </Stack>
      ),
    },
    {
      key: 'chat',
      area: 'history',
      title: c('chat'),
      body: (
        <Suspense>
          <Chat buyout={buyout} />
        </Suspense>
      ),
    },
  ]
  return <Case sections={sections} send={submit} />
}

/** The inspection does not suffice for a price: the inspector looks again. */
function Return({
  reason,
  onReason,
  error,
  locked,
  busy,
  send,
}: {
  reason: string
  onReason: (reason: string) => void
  error?: string
  locked: boolean
  busy: boolean
  send: (reason: string) => Promise<void>
}) {
  const t = texts.use()
  const [open, setOpen] = useState(reason !== '')
  const [tried, setTried] = useState(false)
  const empty = reason.trim() === ''
  const submit = () => {
    setTried(true)
    if (empty) return
    confirmReason({
      title: t('return_confirm'),
      text: t('return_text'),
      confirm: t('return'),
      reason: 'none',
      run: () => send(reason.trim()),
    })
  }
  return (
    <Stack gap="xs">
      <Group>
        <Button
          variant="default"
          size="xs"
          aria-expanded={open}
          onClick={() => setOpen(!open)}
          disabled={locked}
        >
          {t('return_open')}
        </Button>
      </Group>
      <Collapse expanded={open}>
        <Stack gap="xs">
          <Textarea
            label={t('return_reason')}
            description={t('return_text')}
            required
            autosize
            minRows={2}
            maxRows={10}
            maxLength={4000}
            disabled={locked}
            value={reason}
            onChange={(event) => onReason(event.currentTarget.value)}
            error={error ?? (tried && empty ? t('reason_needed') : undefined)}
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={submit} loading={busy} disabled={locked}>
              {t('return')}
            </Button>
          </Group>
        </Stack>
      </Collapse>
    </Stack>
  )
}

function Keys() {
  const t = texts.use()
  return (
    <Text size="xs" visibleFrom="sm">
      <Kbd size="xs">1</Kbd>–<Kbd size="xs">6</Kbd> {t('keys_sections')}; <Kbd size="xs">Esc</Kbd>{' '}
      {t('keys_leave')}; <Kbd size="xs">Ctrl</Kbd> <Kbd size="xs">Enter</Kbd> {t('keys_send')}
    </Text>
  )
}
