import { Select } from '@mantine/core'

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
  // A city of an old address is shown, though nobody would offer it.
  const known =
    value === undefined || cities.some((city) => city.value === value)
      ? cities
      : [...cities, { value, label: value }]
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
