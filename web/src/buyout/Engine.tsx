import { useQuery } from '@connectrpc/connect-query'
import { Anchor, Card, Stack, Text } from '@mantine/core'

import type { Buyout } from '@/gen/kite/buyout/v1/buyout_pb'
import { OpsService } from '@/gen/kite/ops/v1/ops_pb'
import { Facts } from '@/ui/Facts'
import { Loaded } from '@/ui/Loaded'
import { formatTime } from '@/ui/time'
import { buyout as texts } from './texts'

/** What the engine does for the run right now, for those who keep it running. */
export function Engine({ buyout }: { buyout: Buyout }) {
  const t = texts.use()
  const query = useQuery(OpsService.method.getRun, { buyoutId: buyout.summary?.id ?? '' })
  return (
    <Loaded query={query}>
      {(run) => (
        <Stack>
          <Facts
            rows={[
              [t('engine_status'), run.status],
              [t('engine_history'), String(run.historyEvents)],
              [t('started'), formatTime(run.startedAt)],
              [
                '',
                run.temporalUrl && (
                  <Anchor href={run.temporalUrl} target="_blank" rel="noreferrer">
                    {t('temporal')}
                  </Anchor>
                ),
              ],
            ]}
          />
          <Text size="sm" className="kite-words">
            {run.details}
          </Text>
          <Text fw={600} size="sm">
            {t('engine_activities')}
          </Text>
          {run.activities.length === 0 && <Text size="sm">{t('engine_idle')}</Text>}
          {run.activities.map((activity, index) => (
            <Card withBorder padding="sm" key={index}>
              <Text size="sm" className="kite-mono">
                {activity.name} · {activity.queue} · {activity.state}
              </Text>
              <Text size="sm">
                {t('engine_attempt', { n: activity.attempt, time: formatTime(activity.nextAttemptAt) })}
              </Text>
              {activity.lastFailure !== '' && (
                <Text size="sm" c="red" className="kite-words">
                  {activity.lastFailure}
                </Text>
              )}
            </Card>
          ))}
        </Stack>
      )}
    </Loaded>
  )
}
