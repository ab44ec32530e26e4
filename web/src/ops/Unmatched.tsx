import { useTransport } from '@connectrpc/connect-query'
import { createClient } from '@connectrpc/connect'
import { Button, Card, Checkbox, Group, Stack, Text } from '@mantine/core'
import { useState } from 'react'

import { readAgain } from '@/api/queries'
import { OpsService, type Unmatched } from '@/gen/kite/ops/v1/ops_pb'
import { confirmReason } from '@/ui/confirmReason'
import { EmptyState } from '@/ui/EmptyState'
import { LinkAnchor } from '@/ui/links'
import { Loaded } from '@/ui/Loaded'
import { done } from '@/ui/notify'
import { formatTime } from '@/ui/time'
import { usePages } from '@/ui/usePages'
import { ops as texts } from './texts'

/** Facts that fit no run: each waits here until a person says what was done about it. */
export default function UnmatchedList() {
  const t = texts.use()
  const transport = useTransport()
  const [settled, setSettled] = useState(false)
  const query = usePages(OpsService.method.listUnmatched, { settled })
  const settle = (fact: Unmatched) =>
    confirmReason({
      title: t('settle_title'),
      text: fact.reason,
      confirm: t('settle'),
      run: async (settlement) => {
        await createClient(OpsService, transport).settleUnmatched({ id: fact.id, settlement })
        done(t('settle_done'))
        readAgain()
      },
    })
  return (
    <Stack>
      <Checkbox
        label={t('settled_too')}
        checked={settled}
        onChange={(event) => setSettled(event.currentTarget.checked)}
      />
      <Loaded query={query}>
        {(pages) => {
          const facts = pages.flatMap((page) => page.unmatched)
          if (facts.length === 0) return <EmptyState kind="none" text={t('none_unmatched')} />
          return (
            <Stack gap="xs">
              {facts.map((fact) => (
                <Card withBorder padding="sm" key={String(fact.id)}>
                  <Group justify="space-between" align="flex-start">
                    <div>
                      <Text size="sm" fw={600}>
                        {fact.source} · <span className="kite-mono">{fact.eventId}</span>
                      </Text>
                      <Text size="sm" className="kite-words">
                        {fact.reason}
                      </Text>
                      <Text size="xs" c="dimmed">
                        {t('kept')}: {formatTime(fact.keptAt)}
                      </Text>
                      {fact.settledAt && (
                        <Text size="sm" className="kite-words">
                          {fact.settledBy
                            ? t('settled_named', {
                                time: formatTime(fact.settledAt),
                                name: fact.settledBy.name,
                                text: fact.settlement,
                              })
                            : t('settled', { time: formatTime(fact.settledAt), text: fact.settlement })}
                        </Text>
                      )}
                    </div>
                    <Group>
                      {fact.buyoutId !== '' && (
                        <LinkAnchor to="/buyouts/$id" params={{ id: fact.buyoutId }} size="sm">
                          {t('run')}
                        </LinkAnchor>
                      )}
                      {!fact.settledAt && (
                        <Button size="xs" variant="default" onClick={() => settle(fact)}>
                          {t('settle')}
                        </Button>
                      )}
                    </Group>
                  </Group>
                </Card>
              ))}
              {query.hasNextPage && (
                <Button
                  variant="default"
                  loading={query.isFetchingNextPage}
                  onClick={() => void query.fetchNextPage()}
                >
                  {t('more')}
                </Button>
              )}
            </Stack>
          )
        }}
      </Loaded>
    </Stack>
  )
}
