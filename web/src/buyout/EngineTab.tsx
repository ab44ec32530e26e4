import { useQuery } from '@connectrpc/connect-query'
import { Anchor, Card, Stack, Text, Title } from '@mantine/core'

import type { Buyout } from '@/gen/kite/buyout/v1/buyout_pb'
import { OpsService } from '@/gen/kite/ops/v1/ops_pb'
import { Explain } from '@/ops/Explain'
import { useMe } from '@/session/use'
import { useCodes, word } from '@/ui/codes'
import { Facts } from '@/ui/Facts'
import { Loaded } from '@/ui/Loaded'
import { formatTime } from '@/ui/time'
import { buyout as texts } from './texts'

/** The engine's words for the run: Markdown of ours, of which only bold is used. */
function Details({ text }: { text: string }) {
  return text.split('**').map((part, index) => (index % 2 === 1 ? <b key={index}>{part}</b> : part))
}

/** Why the run does not go on, and what the engine does for it right now, for those who keep it running. */
export default function EngineTab({ buyout }: { buyout: Buyout }) {
  const me = useMe()
  const id = buyout.summary?.id ?? ''
  return (
    <Stack>
      {me.may('kite.ops.v1.OpsService/Explain') && <Explain buyoutId={id} />}
      {me.may('kite.ops.v1.OpsService/GetRun') && <Engine buyoutId={id} />}
    </Stack>
  )
}

function Engine({ buyoutId }: { buyoutId: string }) {
  const t = texts.use()
  useCodes()
  const query = useQuery(OpsService.method.getRun, { buyoutId })
  return (
    <Loaded query={query}>
      {(run) => (
        <Stack component="section" aria-label={t('engine_state')}>
          <Title order={2} size="h6">
            {t('engine_state')}
          </Title>
          <Facts
            rows={[
              [t('engine_status'), word('engine', run.status)],
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
            <Details text={run.details} />
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
