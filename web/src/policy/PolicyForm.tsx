import { createClient } from '@connectrpc/connect'
import { useTransport } from '@connectrpc/connect-query'
import { Button, Group, Modal, SimpleGrid, Stack, Textarea, TextInput, Title } from '@mantine/core'
import { useState } from 'react'

import { byField, problem } from '@/api/errors'
import { readAgain } from '@/api/queries'
import { useDraft } from '@/app/useDraft'
import { PolicyService, type Policy } from '@/gen/kite/policy/v1/policy_pb'
import { confirmReason } from '@/ui/confirmReason'
import { fieldError } from '@/ui/fieldError'
import { FormErrors } from '@/ui/FormErrors'
import { MoneyInput } from '@/ui/MoneyInput'
import { done, failed } from '@/ui/notify'
import { ui } from '@/ui/texts'
import { ENTITY, policyDraft, policyMessage, SITE, STAGES, wrongNumbers, type PolicyDraft } from './draft'
import { policy as texts } from './texts'

const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

/** A new version of a city's rules, on top of the one that was read. */
export function PolicyForm({ policy, city, close }: { policy: Policy; city: string; close: () => void }) {
  const t = texts.use()
  const words = ui.use()
  const transport = useTransport()
  const [draft, setDraft, clear] = useDraft<PolicyDraft>(`policy:${city}:${policy.version}`, () =>
    policyDraft(policy, city),
  )
  const [errors, setErrors] = useState<Record<string, string>>({})
  const wrong = wrongNumbers(draft)
  const set = (change: Partial<PolicyDraft>) => setDraft((old) => ({ ...old, ...change }))
  const save = () =>
    confirmReason({
      title: t('confirm'),
      text: t('confirm_text'),
      confirm: t('save'),
      reason: 'none',
      run: async () => {
        setErrors({})
        try {
          const answer = await createClient(PolicyService, transport).putPolicy({
            policy: policyMessage(draft, policy),
          })
          done(t('saved', { n: answer.policy?.version }))
          clear()
          readAgain()
          close()
        } catch (error) {
          setErrors(byField(problem(error).violations, 'policy.'))
          failed(error)
        }
      },
    })
  const field = (
    label: string,
    value: string,
    change: (text: string) => void,
    path: string,
    name?: string,
  ) => (
    <TextInput
      key={path}
      label={label}
      value={value}
      onChange={(event) => change(event.currentTarget.value)}
      error={name && wrong.includes(name) ? t('number_wrong') : fieldError(errors, path)}
    />
  )
  const group = <Names extends string>(
    names: readonly Names[],
    part: 'entity' | 'site' | 'stages',
    path: string,
  ) =>
    names.map((name) => {
      const values = draft[part] as Record<string, string>
      return field(
        t(snake(name) as 'name'),
        values[name] ?? '',
        (text) => set({ [part]: { ...values, [name]: text } }),
        `${path}.${snake(name)}`,
      )
    })
  const known = new Set(
    [...ENTITY, ...SITE, ...STAGES].flatMap((name) =>
      ['legal_entity', 'site', 'stages'].map((path) => `${path}.${snake(name)}`),
    ),
  )
  const others = Object.entries(errors)
    .filter(([path]) => !known.has(path) && !path.startsWith('limits.') && !path.startsWith('deadlines.'))
    .map(([, text]) => text)
  return (
    <Modal opened onClose={close} title={city || t('default')} size="xl">
      <Stack>
        <Title order={3} size="h5">
          {t('limits')}
        </Title>
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          <MoneyInput
            label={t('price_without_approval')}
            value={draft.priceWithoutApproval}
            onChange={(priceWithoutApproval) => set({ priceWithoutApproval })}
            error={fieldError(errors, 'limits.price_without_approval')}
          />
          <MoneyInput
            label={t('sbp_max')}
            value={draft.sbpMax}
            onChange={(sbpMax) => set({ sbpMax })}
            error={fieldError(errors, 'limits.sbp_max')}
          />
          {field(
            t('market_deviation_bp'),
            draft.deviation,
            (deviation) => set({ deviation }),
            'limits.market_deviation_bp',
            'deviation',
          )}
          {field(
            t('check_freshness'),
            draft.freshness,
            (freshness) => set({ freshness }),
            'limits.check_freshness_secs',
            'freshness',
          )}
          {field(
            t('bargain_rounds'),
            draft.bargainRounds,
            (bargainRounds) => set({ bargainRounds }),
            'limits.bargain_rounds',
            'bargainRounds',
          )}
          {field(
            t('paper_rounds'),
            draft.paperRounds,
            (paperRounds) => set({ paperRounds }),
            'limits.paper_rounds',
            'paperRounds',
          )}
          {field(t('photo_km'), draft.photoKm, (photoKm) => set({ photoKm }), 'limits.photo_km', 'photoKm')}
        </SimpleGrid>
        <Title order={3} size="h5">
          {t('deadlines')}
        </Title>
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          {policy.deadlines.map((deadline) =>
            field(
              `${deadline.title}, ${t('hours')} (${t(deadline.workingTime ? 'working_time' : 'wall_time')})`,
              draft.deadlines[deadline.name] ?? '',
              (text) => set({ deadlines: { ...draft.deadlines, [deadline.name]: text } }),
              `deadlines.${deadline.name}`,
              deadline.name,
            ),
          )}
        </SimpleGrid>
        <Title order={3} size="h5">
          {t('legal_entity')}
        </Title>
        <SimpleGrid cols={{ base: 1, sm: 2 }}>{group(ENTITY, 'entity', 'legal_entity')}</SimpleGrid>
        <Title order={3} size="h5">
          {t('site')}
        </Title>
        <SimpleGrid cols={{ base: 1, sm: 2 }}>{group(SITE, 'site', 'site')}</SimpleGrid>
        <Title order={3} size="h5">
          {t('calendar')}
        </Title>
        <SimpleGrid cols={{ base: 1, sm: 3 }}>
          {field(t('time_zone'), draft.timeZone, (timeZone) => set({ timeZone }), 'time_zone')}
          <TextInput
            type="time"
            label={t('day_starts')}
            value={draft.dayStarts}
            onChange={(event) => set({ dayStarts: event.currentTarget.value })}
            error={fieldError(errors, 'day_starts_min')}
          />
          <TextInput
            type="time"
            label={t('day_ends')}
            value={draft.dayEnds}
            onChange={(event) => set({ dayEnds: event.currentTarget.value })}
            error={fieldError(errors, 'day_ends_min')}
          />
        </SimpleGrid>
        <Title order={3} size="h5">
          {t('stages')}
        </Title>
        <SimpleGrid cols={{ base: 1, sm: 2 }}>{group(STAGES, 'stages', 'stages')}</SimpleGrid>
        <Textarea
          label={t('comment')}
          autosize
          minRows={2}
          maxLength={1000}
          value={draft.comment}
          onChange={(event) => set({ comment: event.currentTarget.value })}
          error={fieldError(errors, 'comment')}
        />
        <FormErrors errors={others} />
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {words('cancel')}
          </Button>
          <Button disabled={wrong.length > 0} onClick={save}>
            {t('save')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}
