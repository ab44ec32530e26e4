import { useQuery } from '@connectrpc/connect-query'
import { Chip, Group, MultiSelect, Select, TextInput } from '@mantine/core'

import { SessionService } from '@/gen/kite/session/v1/session_pb'
import { CityFilter } from '@/ui/CityFilter'
import { useCodes, word } from '@/ui/codes'
import { buyoutsTexts } from './listTexts'
import type { BuyoutSearch } from './search'
import { GROUPS, type Group as StageGroup } from './stages'

/** What narrows the list of runs and the board alike. */
export function Filters({
  search,
  go,
}: {
  search: BuyoutSearch
  go: (next: BuyoutSearch, replace?: boolean) => void
}) {
  const t = buyoutsTexts.use()
  useCodes()
  return (
    <>
      <Select
        label={t('state')}
        w={130}
        allowDeselect={false}
        data={[
          { value: 'running', label: t('state_running') },
          { value: 'only', label: t('state_only') },
          { value: 'too', label: t('state_too') },
        ]}
        value={search.ended ?? 'running'}
        onChange={(state) =>
          go({ ...search, ended: state === 'only' || state === 'too' ? state : undefined, stages: undefined })
        }
      />
      <MultiSelect
        label={t('stages')}
        placeholder={search.stages ? undefined : t('stages_any')}
        w={260}
        clearable
        searchable
        data={(Object.keys(GROUPS) as StageGroup[]).map((group) => ({
          group: t(`group_${group}`),
          items: GROUPS[group].map((stage) => ({ value: stage, label: word('stage', stage) })),
        }))}
        value={search.stages ?? []}
        onChange={(stages) => go({ ...search, stages: stages.length > 0 ? stages : undefined })}
      />
      <CityFilter value={search.city} onChange={(city) => go({ ...search, city })} />
      <Inspector value={search.inspector} onChange={(inspector) => go({ ...search, inspector })} />
      <Day label={t('from')} value={search.from} onChange={(from) => go({ ...search, from })} />
      <Day label={t('to')} value={search.to} onChange={(to) => go({ ...search, to })} />
      <Group gap={6} pb={4}>
        <Chip
          size="xs"
          checked={search.overdue ?? false}
          onChange={(on) => go({ ...search, overdue: on || undefined })}
        >
          {t('overdue')}
        </Chip>
        <Chip
          size="xs"
          checked={search.troubled ?? false}
          onChange={(on) => go({ ...search, troubled: on || undefined })}
        >
          {t('troubled')}
        </Chip>
      </Group>
    </>
  )
}

function Inspector({
  value,
  onChange,
}: {
  value: string | undefined
  onChange: (id: string | undefined) => void
}) {
  const t = buyoutsTexts.use()
  const { data } = useQuery(
    SessionService.method.listStaff,
    { role: 'INSPECTOR' },
    { staleTime: 10 * 60_000, retry: false },
  )
  const found = (data?.staff ?? []).flatMap(({ person }) =>
    person ? [{ value: person.id, label: person.name }] : [],
  )
  if (found.length === 0 && value === undefined) return null
  const known = value === undefined || found.some((each) => each.value === value)
  return (
    <Select
      label={t('inspector')}
      placeholder={t('inspector_any')}
      w={180}
      clearable
      searchable
      data={known ? found : [...found, { value, label: value }]}
      value={value ?? null}
      onChange={(id) => onChange(id ?? undefined)}
    />
  )
}

/** A day of the calendar; sent when it is whole. */
function Day({
  label,
  value,
  onChange,
}: {
  label: string
  value: string | undefined
  onChange: (day: string | undefined) => void
}) {
  return (
    <TextInput
      key={value ?? ''}
      type="date"
      label={label}
      w={145}
      defaultValue={value}
      onBlur={(event) => {
        const next = event.currentTarget.value || undefined
        if (next !== value) onChange(next)
      }}
      onKeyDown={(event) => {
        if (event.key === 'Enter') event.currentTarget.blur()
      }}
    />
  )
}
