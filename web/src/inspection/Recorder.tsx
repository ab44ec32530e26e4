import { Alert, Stack, Text, Textarea, TextInput } from '@mantine/core'
import { useCallback, useMemo } from 'react'

import { useDraft } from '@/app/useDraft'
import type { Template } from '@/gen/kite/inspection/v1/inspection_pb'
import type { DecisionState } from '@/task/form'
import { useCodes } from '@/ui/codes'
import { uploads, useUnfinished } from '@/ui/uploads'
import { Defects } from './Defects'
import {
  anchorOf,
  bySection,
  emptyDraft,
  lacks as lacksOf,
  NO_IDENTIFIER,
  NO_PAINT,
  progress,
  toInspection,
  type Draft,
  type IdentifierDraft,
  type PaintDraft,
} from './draft'
import { IdentifierFields } from './IdentifierFields'
import { Paint } from './Paint'
import { Photos } from './Photos'
import { Remaining } from './Remaining'
import { Section } from './Section'
import { inspection as texts } from './texts'

/** One plain form for everything that the template asks for; kept as a draft until it is accepted. */
export function Recorder({
  taskId,
  buyoutId,
  template,
  claimed,
  decision,
}: {
  taskId: string
  buyoutId: string
  template: Template
  claimed: string
  decision: DecisionState
}) {
  const t = texts.use()
  useCodes()
  const slot = `inspect:${taskId}`
  const [kept, setKept, clear] = useDraft<Draft>(slot, emptyDraft)
  // A draft that an older version of this page wrote may lack a part.
  const draft = useMemo(() => ({ ...emptyDraft(), ...kept }), [kept])
  const change = useCallback(
    (to: (old: Draft) => Partial<Draft>) =>
      setKept((old) => {
        const whole = { ...emptyDraft(), ...old }
        return { ...whole, ...to(whole) }
      }),
    [setKept],
  )
  const identifier = (place: string, to: Partial<IdentifierDraft>) =>
    change(({ identifiers }) => ({
      identifiers: { ...identifiers, [place]: { ...(identifiers[place] ?? NO_IDENTIFIER), ...to } },
    }))
  const paint = (element: string, to: Partial<PaintDraft>) =>
    change((old) => ({
      paint: { ...old.paint, [element]: { ...(old.paint[element] ?? NO_PAINT), ...to } },
    }))

  const lacks = lacksOf(draft, template)
  const refusals = bySection(decision.errors)
  const uploading = useUnfinished(slot, true)
  const submit = async () => {
    const value = toInspection(draft, template)
    if (await decision.decide({ case: 'submitInspection', value })) {
      for (const item of uploads.items()) if (item.slot.startsWith(slot)) uploads.remove(item.key)
      clear()
    }
  }
  const section = { lacks }
  return (
    <Stack gap="sm" component="section" aria-label={t('recorder', { title: template.title })}>
      {refusals[''] !== undefined && (
        <Alert color="red" variant="light" role="alert" title={t('refused')}>
          <Text size="sm" className="kite-words">
            {refusals['']}
          </Text>
        </Alert>
      )}
      <Section
        name="identifiers"
        {...section}
        refusal={refusals.identifiers}
        about={t('identifiers_about', { count: template.minIdentifiers })}
      >
        <IdentifierFields
          value={draft.identifiers}
          onChange={identifier}
          claimed={claimed}
          buyoutId={buyoutId}
          slot={slot}
        />
      </Section>
      <Section name="mileage" {...section} refusal={refusals.mileage}>
        <TextInput
          label={t('mileage_km')}
          size="md"
          maw={280}
          inputMode="numeric"
          autoComplete="off"
          maxLength={12}
          required
          value={draft.mileage}
          error={
            draft.mileage !== '' && lacks.some(({ what }) => what === 'mileage_wrong')
              ? t('lack_mileage_wrong')
              : undefined
          }
          onChange={(event) => {
            const mileage = event.currentTarget.value
            change(() => ({ mileage }))
          }}
        />
      </Section>
      <Section name="photos" {...section} refusal={refusals.photos}>
        <Photos
          angles={template.requiredAngles}
          value={draft.photos}
          onChange={(angle, ids) => change(({ photos }) => ({ photos: { ...photos, [angle]: ids } }))}
          buyoutId={buyoutId}
          slot={slot}
        />
      </Section>
      {template.paintedElements.length > 0 && (
        <Section
          name="paint"
          {...section}
          refusal={refusals.paint}
          about={t('paint_about', { min: template.paintMinUm, max: template.paintMaxUm })}
        >
          <Paint template={template} value={draft.paint} onChange={paint} />
        </Section>
      )}
      <Section name="defects" {...section} refusal={refusals.defects}>
        <Defects
          value={draft.defects}
          onChange={(to) => change(({ defects }) => ({ defects: to(defects) }))}
          buyoutId={buyoutId}
          slot={slot}
        />
      </Section>
      <Section name="comment" {...section} refusal={refusals.comment}>
        <Textarea
          id={anchorOf('comment', 'text')}
          label={t('comment_about')}
          size="md"
          autosize
          minRows={2}
          maxRows={12}
          maxLength={4000}
          value={draft.comment}
          onChange={(event) => {
            const comment = event.currentTarget.value
            change(() => ({ comment }))
          }}
        />
      </Section>
      <Remaining
        lacks={lacks}
        done={progress(draft, template)}
        uploading={uploading}
        busy={decision.busy}
        submit={() => void submit()}
      />
    </Stack>
  )
}
