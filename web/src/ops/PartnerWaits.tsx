import { createClient } from '@connectrpc/connect'
import { useTransport } from '@connectrpc/connect-query'
import { List, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'

import { BuyoutService, type BuyoutSummary } from '@/gen/kite/buyout/v1/buyout_pb'
import { useCodes, word } from '@/ui/codes'
import { LinkAnchor } from '@/ui/links'
import { Loaded } from '@/ui/Loaded'
import { waitsFor } from './held'
import { ops as texts } from './texts'

/** Runs are looked through page by page: what they wait for is no filter of the list. */
const PAGE = 200
const PAGES = 10

/** Runs that wait for a held partner, the nearest deadline first. */
export function PartnerWaits({ title }: { title: string }) {
  const t = texts.use()
  useCodes()
  const client = createClient(BuyoutService, useTransport())
  const query = useQuery({
    queryKey: ['running-runs'],
    queryFn: async ({ signal }) => {
      const runs: BuyoutSummary[] = []
      let cursor = ''
      for (let page = 0; page < PAGES; page += 1) {
        const answer = await client.listBuyouts(
          {
            active: true,
            order: 'DEADLINE',
            ascending: true,
            page: { size: PAGE, cursor },
            fields: { paths: ['id', 'deal_id', 'car', 'stage', 'waiting_for'] },
          },
          { signal },
        )
        runs.push(...answer.buyouts)
        cursor = answer.page?.nextCursor ?? ''
        if (cursor === '') break
      }
      return { runs, cut: cursor !== '' }
    },
    refetchInterval: 30_000,
  })
  return (
    <Loaded query={query}>
      {({ runs, cut }) => {
        const waiting = waitsFor(runs, title)
        return (
          <section aria-label={t('waits_runs')}>
            {waiting.length === 0 ? (
              <Text size="sm">{t('waits_none')}</Text>
            ) : (
              <List size="sm">
                {waiting.map((run) => (
                  <List.Item key={run.id}>
                    <LinkAnchor
                      to="/buyouts/$id"
                      params={{ id: run.id }}
                      search={{ tab: 'engine' }}
                      size="sm"
                    >
                      {String(run.dealId)}
                    </LinkAnchor>{' '}
                    {run.car} · {word('stage', run.stage)}
                  </List.Item>
                ))}
              </List>
            )}
            {cut && (
              <Text size="xs" c="dimmed">
                {t('waits_cut', { count: runs.length })}
              </Text>
            )}
          </section>
        )
      }}
    </Loaded>
  )
}
