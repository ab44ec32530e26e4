import { Select, TextInput } from '@mantine/core'

import { useMe } from '@/session/use'
import { useCities } from '@/session/useCities'
import { list as texts } from './listTexts'

/** Filter by city; nothing to choose for who works in one. */
export function CityFilter({
  value,
  onChange,
}: {
  value: string | undefined
  onChange: (city: string | undefined) => void
}) {
  const t = texts.use()
  const me = useMe()
  const cities = useCities()
  if (me.cities.length === 1 && value === undefined) return null
  if (cities.length === 0) {
    return (
      <TextInput
        key={value ?? ''}
        label={t('city')}
        w={170}
        defaultValue={value}
        onBlur={(event) => onChange(event.currentTarget.value.trim() || undefined)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') onChange(event.currentTarget.value.trim() || undefined)
        }}
      />
    )
  }
  const known = value === undefined || cities.includes(value) ? cities : [...cities, value]
  return (
    <Select
      label={t('city')}
      placeholder={t('city_any')}
      w={170}
      clearable
      searchable
      data={known}
      value={value ?? null}
      onChange={(city) => onChange(city ?? undefined)}
    />
  )
}
