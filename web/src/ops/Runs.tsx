import { Badge, Button, Checkbox, Group, Stack, Table, Text } from '@mantine/core'
import { useState } from 'react'

import { BuyoutService } from '@/gen/kite/buyout/v1/buyout_pb'
import { useCodes, word } from '@/ui/codes'
import { Deadline } from '@/ui/Deadline'
import { EmptyState } from '@/ui/EmptyState'
import { LinkAnchor } from '@/ui/links'
import { Loaded } from '@/ui/Loaded'
import { usePages } from '@/ui/usePages'
import { WideTable } from '@/ui/WideTable'
import { heldPartners } from './held'
import { ops as texts } from './texts'

/** Running runs, those whose deadline is nearest first: stage, who is awaited, what went wrong last. */
export default function Runs() {
  const t = texts.use()
  useCodes()
  const [troubled, setTroubled] = useState(false)
  const query = usePages(BuyoutService.method.listBuyouts, {
    active: true,
    order: 'DEADLINE',
    ascending: true,
    troubled,
  })
  return (
    <Stack>
      <Group justify="space-between">
        <Checkbox
          label={t('only_troubled')}
          checked={troubled}
          onChange={(event) => setTroubled(event.currentTarget.checked)}
        />
        <LinkAnchor to="/buyouts" size="sm">
          {t('all_runs')}
        </LinkAnchor>
      </Group>
      <Loaded query={query}>
        {(pages) => {
          const runs = pages.flatMap((page) => page.buyouts)
          if (runs.length === 0) return <EmptyState kind="none" text={t('none_runs')} />
          return (
            <>
              <WideTable minWidth={760} label={t('tab_runs')}>
                <Table>
                  <Table.Thead>
                    <Table.Tr>
                      <Table.Th>{t('run')}</Table.Th>
                      <Table.Th>{t('stage')}</Table.Th>
                      <Table.Th>{t('waiting')}</Table.Th>
                      <Table.Th>{t('deadline')}</Table.Th>
                      <Table.Th>{t('trouble')}</Table.Th>
                    </Table.Tr>
                  </Table.Thead>
                  <Table.Tbody>
                    {runs.map((run) => (
                      <Table.Tr key={run.id}>
                        <Table.Td>
                          <LinkAnchor
                            to="/buyouts/$id"
                            params={{ id: run.id }}
                            search={{ tab: 'engine' }}
                            size="sm"
                          >
                            {String(run.dealId)}
                          </LinkAnchor>
                          <Text size="xs" c="dimmed">
                            {run.car}
                          </Text>
                        </Table.Td>
                        <Table.Td>
                          <Badge variant="light">{word('stage', run.stage)}</Badge>
                        </Table.Td>
                        <Table.Td className="kite-words">
                          {run.waitingFor}
                          {heldPartners(run.waitingFor) !== '' && (
                            <Badge ml="xs" size="sm" variant="light" color="orange">
                              {t('held_still')}
                            </Badge>
                          )}
                        </Table.Td>
                        <Table.Td>
                          <Deadline at={run.deadline} zone={run.timeZone} />
                        </Table.Td>
                        <Table.Td className="kite-words">{run.trouble}</Table.Td>
                      </Table.Tr>
                    ))}
                  </Table.Tbody>
                </Table>
              </WideTable>
              {query.hasNextPage && (
                <Button
                  variant="default"
                  loading={query.isFetchingNextPage}
                  onClick={() => void query.fetchNextPage()}
                >
                  {t('more')}
                </Button>
              )}
            </>
          )
        }}
      </Loaded>
    </Stack>
  )
}
