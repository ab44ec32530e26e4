import { Button, Select, Stack, Table, Text, Title } from '@mantine/core'
import { useState } from 'react'

import { OpsService, type Partner } from '@/gen/kite/ops/v1/ops_pb'
import { EmptyState } from '@/ui/EmptyState'
import { Loaded } from '@/ui/Loaded'
import { formatTime } from '@/ui/time'
import { usePages } from '@/ui/usePages'
import { WideTable } from '@/ui/WideTable'
import { held as heldTexts } from './heldTexts'
import { ops as texts } from './texts'

/** Holds there are and were, the latest first. */
export function Holds({ partners }: { partners: Partner[] }) {
  const t = texts.use()
  const th = heldTexts.use()
  const [partner, setPartner] = useState('')
  const query = usePages(OpsService.method.listHolds, { partner })
  return (
    <Stack gap="sm">
      <Title order={2} size="h5">
        {t('holds')}
      </Title>
      <Select
        label={t('partner')}
        placeholder={t('any_partner')}
        maw={280}
        clearable
        searchable
        data={partners.map(({ code, title }) => ({ value: code, label: title }))}
        value={partner === '' ? null : partner}
        onChange={(code) => setPartner(code ?? '')}
      />
      <Loaded query={query}>
        {(pages) => {
          const holds = pages.flatMap((page) => page.holds)
          if (holds.length === 0) return <EmptyState kind="none" text={t('holds_none')} />
          return (
            <>
              <WideTable minWidth={760} label={t('holds')}>
                <Table>
                  <Table.Thead>
                    <Table.Tr>
                      <Table.Th>{t('partner')}</Table.Th>
                      <Table.Th>{t('hold_reason')}</Table.Th>
                      <Table.Th>{t('held_by')}</Table.Th>
                      <Table.Th>{t('held_since')}</Table.Th>
                      <Table.Th>{t('held_until')}</Table.Th>
                      <Table.Th>{t('released_by')}</Table.Th>
                    </Table.Tr>
                  </Table.Thead>
                  <Table.Tbody>
                    {holds.map((hold) => (
                      <Table.Tr key={String(hold.id)} data-hold={hold.cause}>
                        <Table.Td>{hold.partnerTitle}</Table.Td>
                        <Table.Td className="kite-words">
                          {hold.reason}
                          <Text size="xs" c="dimmed">
                            {th(hold.cause as 'OPS')}
                          </Text>
                        </Table.Td>
                        <Table.Td>{hold.heldBy?.name ?? t('kite_itself')}</Table.Td>
                        <Table.Td>{formatTime(hold.since)}</Table.Td>
                        <Table.Td>
                          {hold.releasedAt ? formatTime(hold.releasedAt) : <b>{t('held_still')}</b>}
                        </Table.Td>
                        <Table.Td>{hold.releasedAt && (hold.releasedBy?.name ?? t('kite_itself'))}</Table.Td>
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
