import { useQuery } from '@connectrpc/connect-query'
import { Text } from '@mantine/core'

import { InspectionService } from '@/gen/kite/inspection/v1/inspection_pb'
import type { Task } from '@/gen/kite/task/v1/task_pb'
import { place } from '@/inspection/visit'
import { useCodes, word } from '@/ui/codes'
import { Deadline } from '@/ui/Deadline'
import { Facts } from '@/ui/Facts'
import { Loaded } from '@/ui/Loaded'
import { formatTime } from '@/ui/time'
import { dispatch as texts } from './texts'

const NEVER_OLD = 60_000

/** Address and time of a visit in a row of the list; rows out of sight ask for nothing. */
export function VisitCell({ buyoutId, city }: { buyoutId: string; city: string }) {
  const t = texts.use()
  useCodes()
  const { data, error } = useQuery(
    InspectionService.method.getInspection,
    { buyoutId },
    { staleTime: NEVER_OLD },
  )
  return (
    <>
      <Text size="sm" className="kite-words" lineClamp={2} title={data?.address}>
        {data ? place(data.city || city, data.address) : city}
      </Text>
      {error !== null && !data && <Text size="xs">{t('place_failed')}</Text>}
      {data && (
        <Text size="xs">
          {data.visitAt ? formatTime(data.visitAt, data.timeZone) : t('by_agreement')}
          {data.visitStatus !== '' && ` · ${word('visit', data.visitStatus)}`}
        </Text>
      )}
    </>
  )
}

/** What the dispatcher has to know before choosing. */
export function VisitFacts({ task }: { task: Task }) {
  const t = texts.use()
  useCodes()
  const query = useQuery(
    InspectionService.method.getInspection,
    { buyoutId: task.buyoutId },
    { staleTime: NEVER_OLD },
  )
  const holder = task.owner ?? task.assignee
  return (
    <Loaded query={query}>
      {(visit) => (
        <Facts
          rows={[
            [t('place'), place(visit.city || task.city, visit.address)],
            [t('visit'), visit.visitAt ? formatTime(visit.visitAt, visit.timeZone) : t('by_agreement')],
            [t('due'), <Deadline key="due" at={task.dueAt} zone={visit.timeZone} />],
            [
              t('who'),
              task.kind === 'INSPECT' &&
                holder &&
                [holder.name, visit.visitStatus && word('visit', visit.visitStatus)]
                  .filter(Boolean)
                  .join(', '),
            ],
          ]}
        />
      )}
    </Loaded>
  )
}
