import { createClient } from '@connectrpc/connect'
import { useQuery, useTransport } from '@connectrpc/connect-query'
import { Badge, Button, Card, Group, SimpleGrid, Stack, Text, Title } from '@mantine/core'
import { useState } from 'react'

import { OpsService, type Sweep } from '@/gen/kite/ops/v1/ops_pb'
import { useMe } from '@/session/use'
import { Loaded } from '@/ui/Loaded'
import { done, failed } from '@/ui/notify'
import { formatTime } from '@/ui/time'
import { sweepWords } from './sweep'
import { ops as texts } from './texts'

/** Sweeps tell nobody when they end: they are looked at, oftener while one runs. */
const QUIET_MS = 30_000
const RUNNING_MS = 2_000

/** What is looked for from time to time: when it last ran, what it found, when it runs next. */
export function Sweeps() {
  const t = texts.use()
  const me = useMe()
  const query = useQuery(
    OpsService.method.listSweeps,
    {},
    {
      refetchInterval: ({ state }) =>
        state.data?.sweeps.some(({ running }) => running) ? RUNNING_MS : QUIET_MS,
    },
  )
  return (
    <Stack gap="sm" component="section" aria-label={t('sweeps')}>
      <Title order={2} size="h5">
        {t('sweeps')}
      </Title>
      <Loaded query={query}>
        {({ sweeps }) => (
          <SimpleGrid cols={{ base: 1, sm: 2 }}>
            {sweeps.map((sweep) => (
              <OneSweep
                key={sweep.code}
                sweep={sweep}
                mayRun={me.may('kite.ops.v1.OpsService/RunSweep')}
                began={() => void query.refetch()}
              />
            ))}
          </SimpleGrid>
        )}
      </Loaded>
    </Stack>
  )
}

function OneSweep({ sweep, mayRun, began }: { sweep: Sweep; mayRun: boolean; began: () => void }) {
  const t = texts.use()
  const transport = useTransport()
  const [busy, setBusy] = useState(false)
  const run = async () => {
    setBusy(true)
    try {
      await createClient(OpsService, transport).runSweep({ code: sweep.code })
      done(t('sweep_begun'))
      began()
    } catch (error) {
      failed(error)
    } finally {
      setBusy(false)
    }
  }
  const next = sweep.nextAt ? t('sweep_next', { time: formatTime(sweep.nextAt) }) : t('sweep_by_hand')
  return (
    <Card withBorder padding="sm" data-sweep={sweep.code}>
      <Stack gap="xs" align="flex-start">
        <Group gap="xs">
          <Text size="sm" fw={600}>
            {sweep.title}
          </Text>
          {sweep.running && <Badge variant="light">{t('sweep_running')}</Badge>}
          {sweep.paused && (
            <Badge variant="light" color="orange">
              {t('sweep_paused')}
            </Badge>
          )}
        </Group>
        <Text size="sm">
          {sweep.lastStartedAt
            ? t('sweep_last', { time: formatTime(sweep.lastStartedAt) })
            : t('sweep_never')}
          {' · '}
          {next}
        </Text>
        {sweep.lastResult !== '' && (
          <Text size="sm" className="kite-words">
            {sweepWords(t, sweep.code, sweep.lastResult)}
          </Text>
        )}
        {mayRun && (
          <Button
            size="xs"
            variant="default"
            loading={busy}
            disabled={sweep.running}
            onClick={() => void run()}
          >
            {t('sweep_run')}
          </Button>
        )}
      </Stack>
    </Card>
  )
}
