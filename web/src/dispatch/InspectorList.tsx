import { useQuery } from '@connectrpc/connect-query'
import { Badge, Button, Card, Group, Progress, Stack, Text } from '@mantine/core'
import { useState } from 'react'

import type { Person } from '@/gen/kite/common/v1/common_pb'
import { InspectionService, type Inspector } from '@/gen/kite/inspection/v1/inspection_pb'
import { EmptyState } from '@/ui/EmptyState'
import { Loaded } from '@/ui/Loaded'
import { byLoad, share } from './load'
import { dispatch as texts } from './texts'

export interface Choice {
  /** Who has it now. */
  current?: Person
  /** Words of the button, and of the button for one person. */
  action: 'assign' | 'reassign'
  /** Why nothing may be chosen; empty when it may. */
  refusal: string
  choose: (person: Person) => Promise<unknown>
}

/** Inspectors of a city with what they have to do; with a choice each has a button. */
export function InspectorList({ city, choice }: { city: string; choice?: Choice }) {
  const t = texts.use()
  const [everywhere, setEverywhere] = useState(false)
  const [busy, setBusy] = useState('')
  const query = useQuery(InspectionService.method.listInspectors, { city: everywhere ? '' : city })
  const other = city === '' ? undefined : everywhere ? t('one_city', { city }) : t('all_cities')
  const choose = async (person: Person) => {
    setBusy(person.id)
    try {
      await choice?.choose(person)
    } finally {
      setBusy('')
    }
  }
  return (
    <Stack gap="xs">
      {other !== undefined && (
        <Button
          variant="subtle"
          size="compact-sm"
          w="fit-content"
          onClick={() => setEverywhere((shown) => !shown)}
        >
          {other}
        </Button>
      )}
      <Loaded query={query}>
        {({ inspectors }) =>
          inspectors.length === 0 ? (
            <EmptyState kind="none" text={city === '' || everywhere ? t('none_anywhere') : t('none')} />
          ) : (
            <Stack gap="xs" component="ul" m={0} p={0} style={{ listStyle: 'none' }}>
              {byLoad(inspectors).map((inspector) => (
                <li key={inspector.person?.id}>
                  <Row
                    inspector={inspector}
                    all={inspectors}
                    choice={choice}
                    busy={busy}
                    showCities={everywhere || city === ''}
                    choose={(person) => void choose(person)}
                  />
                </li>
              ))}
            </Stack>
          )
        }
      </Loaded>
    </Stack>
  )
}

function Row({
  inspector,
  all,
  choice,
  busy,
  showCities,
  choose,
}: {
  inspector: Inspector
  all: Inspector[]
  choice?: Choice
  busy: string
  showCities: boolean
  choose: (person: Person) => void
}) {
  const t = texts.use()
  const { person, openInspections, dueToday, absent } = inspector
  if (!person) return null
  const current = choice?.current?.id === person.id
  return (
    <Card withBorder padding="xs">
      <Group justify="space-between" wrap="nowrap" gap="xs">
        <Stack gap={4} flex={1} miw={0}>
          <Group gap={6}>
            <Text size="sm" fw={600} className="kite-words">
              {person.name}
            </Text>
            {absent && (
              <Badge variant="light" color="gray" tt="none">
                {t('absent')}
              </Badge>
            )}
            {current && (
              <Badge variant="light" tt="none">
                {t('now')}
              </Badge>
            )}
          </Group>
          {showCities && inspector.cities.length > 0 && <Text size="xs">{inspector.cities.join(', ')}</Text>}
          <Text size="xs">
            {t('open_count', { count: openInspections })}, {t('due_today', { count: dueToday })}
          </Text>
          <Progress
            size="xs"
            value={share(inspector, all)}
            aria-label={t('load', { name: person.name })}
            color={absent ? 'gray' : undefined}
          />
        </Stack>
        {choice && !current && (
          <Button
            size="sm"
            variant={absent ? 'default' : 'filled'}
            aria-label={t(`${choice.action}_name`, { name: person.name })}
            loading={busy === person.id}
            disabled={choice.refusal !== '' || (busy !== '' && busy !== person.id)}
            onClick={() => choose(person)}
          >
            {t(choice.action)}
          </Button>
        )}
      </Group>
    </Card>
  )
}
