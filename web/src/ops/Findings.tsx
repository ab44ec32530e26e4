import { Button, Checkbox, Group, Select, Stack } from '@mantine/core'
import { useState } from 'react'

import { OpsService } from '@/gen/kite/ops/v1/ops_pb'
import { EmptyState } from '@/ui/EmptyState'
import { Loaded } from '@/ui/Loaded'
import { usePages } from '@/ui/usePages'
import { FindingCard } from './FindingCard'
import { Sweeps } from './Sweeps'
import { ops as texts } from './texts'

const KINDS = [
  'DEAL_STAGE',
  'DEAL_CLOSED',
  'DEAL_MISSING',
  'DEAL_WITHOUT_RUN',
  'ROBOT_WAITS',
  'RECEIPT_MISSING',
  'RECEIPT_NOT_POSTED',
  'RECEIPT_AMOUNT',
  'PAYOUT_MISSING',
  'PAYOUT_STATE',
  'PAYOUT_AMOUNT',
] as const

/** Differences between Kite, the portal, 1C and the payers, and the sweeps that find them. */
export default function Findings() {
  const t = texts.use()
  const [settled, setSettled] = useState(false)
  const [kind, setKind] = useState<string | null>(null)
  const query = usePages(OpsService.method.listFindings, {
    settled,
    kinds: kind === null ? [] : [kind],
  })
  return (
    <Stack>
      <Sweeps />
      <Group align="flex-end">
        <Select
          label={t('findings_kinds')}
          placeholder={t('findings_kinds_any')}
          w={320}
          clearable
          data={KINDS.map((each) => ({ value: each, label: t(`finding.${each}`) }))}
          value={kind}
          onChange={setKind}
        />
        <Checkbox
          pb={8}
          label={t('findings_settled')}
          checked={settled}
          onChange={(event) => setSettled(event.currentTarget.checked)}
        />
      </Group>
      <Loaded query={query}>
        {(pages) => {
          const findings = pages.flatMap((page) => page.findings)
          if (findings.length === 0) {
            return kind !== null || settled ? (
              <EmptyState
                kind="filtered"
                action={{
                  run: () => {
                    setKind(null)
                    setSettled(false)
                  },
                }}
              />
            ) : (
              <EmptyState kind="none" text={t('findings_none')} />
            )
          }
          return (
            <Stack gap="xs">
              {findings.map((finding) => (
                <FindingCard key={String(finding.id)} finding={finding} />
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
