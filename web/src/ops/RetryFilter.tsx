import { useQuery } from '@connectrpc/connect-query'
import { Group, MultiSelect, NumberInput, Select, TextInput } from '@mantine/core'

import { GROUPS } from '@/buyout/stages'
import { OpsService } from '@/gen/kite/ops/v1/ops_pb'
import { useCodes, word } from '@/ui/codes'
import { MOST, MOST_PER_SECOND, type Filter } from './retry'
import { ops as texts } from './texts'

const { bought: _bought, lost: _lost, ...GOING } = GROUPS
const STAGES = Object.values(GOING).flat()

/** What is tried again, and how fast. */
export function RetryFilter({
  filter,
  change,
  disabled,
}: {
  filter: Filter
  change: (next: Filter) => void
  disabled: boolean
}) {
  const t = texts.use()
  useCodes()
  const { data } = useQuery(OpsService.method.listPartners, {})
  const set = (part: Partial<Filter>) => change({ ...filter, ...part })
  const whole = (value: number | string, most: number) =>
    Math.min(most, Math.max(1, Math.round(Number(value)) || 1))
  return (
    <Group gap="sm" align="flex-start" component="fieldset" style={{ border: 0, padding: 0, margin: 0 }}>
      <MultiSelect
        label={t('retry_partners')}
        placeholder={filter.partners.length > 0 ? undefined : t('retry_partners_any')}
        w={280}
        clearable
        searchable
        disabled={disabled}
        data={(data?.partners ?? []).map(({ code, title }) => ({ value: code, label: title }))}
        value={filter.partners}
        onChange={(partners) => set({ partners })}
      />
      <MultiSelect
        label={t('retry_stages')}
        placeholder={filter.stages.length > 0 ? undefined : t('retry_stages_any')}
        w={280}
        clearable
        searchable
        disabled={disabled}
        data={STAGES.map((stage) => ({ value: stage, label: word('stage', stage) }))}
        value={filter.stages}
        onChange={(stages) => set({ stages })}
      />
      <Select
        label={t('retry_what')}
        w={210}
        allowDeselect={false}
        disabled={disabled}
        data={[
          { value: '', label: t('retry_all') },
          { value: 'CALLS', label: t('retry_CALLS') },
          { value: 'INBOX', label: t('retry_INBOX') },
        ]}
        value={filter.what}
        onChange={(what) => set({ what: what === 'CALLS' || what === 'INBOX' ? what : '' })}
      />
      <TextInput
        label={t('retry_run')}
        placeholder={t('retry_run_hint')}
        w={260}
        maxLength={200}
        disabled={disabled}
        value={filter.run}
        onChange={(event) => set({ run: event.currentTarget.value })}
      />
      <NumberInput
        label={t('retry_rate')}
        w={110}
        min={1}
        max={MOST_PER_SECOND}
        allowDecimal={false}
        disabled={disabled}
        value={filter.perSecond}
        onChange={(value) => set({ perSecond: whole(value, MOST_PER_SECOND) })}
      />
      <NumberInput
        label={t('retry_limit')}
        w={110}
        min={1}
        max={MOST}
        allowDecimal={false}
        disabled={disabled}
        value={filter.limit}
        onChange={(value) => set({ limit: whole(value, MOST) })}
      />
    </Group>
  )
}
