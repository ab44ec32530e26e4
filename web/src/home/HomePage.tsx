import { Group, SimpleGrid, Stack, Text, Title } from '@mantine/core'

import { HeldBanner } from '@/ops/HeldBanner'
import { useMe } from '@/session/use'
import { useCodes, word } from '@/ui/codes'
import { NextDeadlines } from './NextDeadlines'
import { RunCounters } from './RunCounters'
import { TaskCounters } from './TaskCounters'
import { home } from './texts'
import { Trouble } from './Trouble'

/** What a person of my roles looks at first. */
export default function HomePage() {
  const t = home.use()
  useCodes()
  const me = useMe()
  const watches = me.has('BUYOUT_HEAD', 'BUYOUT_MANAGER', 'OPS', 'ADMIN')
  const mends = me.has('OPS', 'ADMIN')
  return (
    <Stack gap="md">
      <Group justify="space-between" align="baseline" gap="xs">
        <Title order={1} size="h3">
          {t('title')}
        </Title>
        <Text size="sm">
          {me.name}
          {me.roles.length > 0 && `: ${me.roles.map((role) => word('role', role)).join(', ')}`}
          {me.cities.length > 0 && ` · ${me.cities.join(', ')}`}
        </Text>
      </Group>
      {me.may('kite.ops.v1.OpsService/ListPartners') && <HeldBanner />}
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
        <Stack gap="md">
          {mends && <Trouble />}
          <NextDeadlines />
          {watches && !mends && <RunCounters />}
        </Stack>
        <Stack gap="md">
          <TaskCounters />
          {mends && <RunCounters />}
        </Stack>
      </SimpleGrid>
    </Stack>
  )
}
