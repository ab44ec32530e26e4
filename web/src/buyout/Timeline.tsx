import { useQuery } from '@connectrpc/connect-query'
import { Grid, Text, Timeline as Line } from '@mantine/core'

import { BuyoutService, type Buyout } from '@/gen/kite/buyout/v1/buyout_pb'
import { EmptyState } from '@/ui/EmptyState'
import { Loaded } from '@/ui/Loaded'
import { formatTime } from '@/ui/time'
import { ClientCard } from './ClientCard'
import { People } from './People'
import { buyout as texts } from './texts'

/** Kinds of events that went wrong or were hurried; the others are plain. */
const MARKED: Record<string, string> = {
  TROUBLE: 'red',
  UNMATCHED: 'red',
  ESCALATION: 'orange',
  REMINDER: 'yellow',
  UNDO: 'orange',
  CLIENT: 'teal',
  PAYMENT: 'grape',
}

/** Everything that happened, in words, the latest first. */
export function Timeline({ buyout }: { buyout: Buyout }) {
  const t = texts.use()
  const id = buyout.summary?.id ?? ''
  const query = useQuery(BuyoutService.method.listBuyoutEvents, { id, afterSeq: 0n })
  return (
    <Grid>
      <Grid.Col span={{ base: 12, md: 8 }}>
        <Loaded query={query}>
          {({ events }) =>
            events.length === 0 ? (
              <EmptyState kind="none" text={t('timeline_none')} />
            ) : (
              <Line bulletSize={12} lineWidth={2} active={events.length}>
                {events.toReversed().map((event) => (
                  <Line.Item key={String(event.seq)} color={MARKED[event.kind] ?? 'kite'}>
                    <Text size="sm" className="kite-words">
                      {event.text}
                    </Text>
                    <Text size="xs" c="dimmed">
                      {formatTime(event.at, buyout.summary?.timeZone)} ·{' '}
                      {event.actor?.name ?? t('timeline_system')}
                    </Text>
                  </Line.Item>
                ))}
              </Line>
            )
          }
        </Loaded>
      </Grid.Col>
      <Grid.Col span={{ base: 12, md: 4 }}>
        <ClientCard buyout={buyout} />
        <People buyout={buyout} />
      </Grid.Col>
    </Grid>
  )
}
