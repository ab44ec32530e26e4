import { useQuery } from '@connectrpc/connect-query'
import { Accordion, Stack, Text } from '@mantine/core'

import { InspectionService } from '@/gen/kite/inspection/v1/inspection_pb'
import type { FormProps } from '@/task/form'
import { EmptyState } from '@/ui/EmptyState'
import { Loaded } from '@/ui/Loaded'
import { InspectionView } from './InspectionView'
import { Recorder } from './Recorder'
import { inspection as texts } from './texts'
import { VisitCard } from './VisitCard'

/** The inspector's work: get there, look, record, hand in. Whoever may not record sees the visit alone. */
export default function InspectForm({ task, buyout, decision }: FormProps) {
  const t = texts.use()
  const query = useQuery(InspectionService.method.getInspection, { buyoutId: task.buyoutId })
  const open = task.state === 'OPEN' || task.state === 'CLAIMED'
  const mayRecord = open && decision.refusal === ''
  const before = buyout.inspections.length > 0
  return (
    <Loaded query={query}>
      {(visit) => (
        <Stack gap="sm">
          <VisitCard visit={visit} buyoutId={task.buyoutId} decision={mayRecord ? decision : undefined} />
          {before && mayRecord && (
            // The car is looked at again: what was handed in before stays at hand.
            <Accordion variant="contained">
              <Accordion.Item value="earlier">
                <Accordion.Control>{t('earlier')}</Accordion.Control>
                <Accordion.Panel>
                  <InspectionView buyout={buyout} />
                </Accordion.Panel>
              </Accordion.Item>
            </Accordion>
          )}
          {before && !mayRecord && <InspectionView buyout={buyout} columns={2} />}
          {!before && !mayRecord && <EmptyState kind="none" text={t('not_submitted')} />}
          {mayRecord && visit.template && (
            <Recorder
              taskId={task.id}
              buyoutId={task.buyoutId}
              template={visit.template}
              claimed={visit.identifier || (buyout.car?.identifier ?? '')}
              decision={decision}
            />
          )}
          {open && !mayRecord && <Text size="sm">{t('not_yours')}</Text>}
        </Stack>
      )}
    </Loaded>
  )
}
