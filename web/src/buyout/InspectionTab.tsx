import { Alert, List, Stack } from '@mantine/core'

import type { Buyout } from '@/gen/kite/buyout/v1/buyout_pb'
import { InspectionView } from '@/inspection/InspectionView'
import { EmptyState } from '@/ui/EmptyState'
import { buyout as texts } from './texts'

/** What the inspector brought, and where it differs from what the deal says. */
export default function InspectionTab({ buyout }: { buyout: Buyout }) {
  const t = texts.use()
  if (buyout.inspections.length === 0) return <EmptyState kind="none" text={t('inspection_none')} />
  return (
    <Stack>
      {buyout.mismatches.length > 0 && (
        <Alert color="orange" variant="light">
          <List size="sm">
            {buyout.mismatches.map((mismatch, index) => (
              <List.Item key={index} className="kite-words">
                {t('mismatch', {
                  source: mismatch.source,
                  expected: mismatch.expected,
                  found: mismatch.found,
                })}
              </List.Item>
            ))}
          </List>
        </Alert>
      )}
      <InspectionView buyout={buyout} columns={2} />
    </Stack>
  )
}
