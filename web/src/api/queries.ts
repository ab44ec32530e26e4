// The cache of what was read, and how live changes make parts of it old.

import { QueryClient, type Query } from '@tanstack/react-query'

import type { Change } from '@/gen/kite/event/v1/event_pb'
import { problem } from './errors'

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      gcTime: 30 * 60_000,
      // What is on the screen stays when the server is away; ui/Loaded marks its age.
      networkMode: 'always',
      retry: (count, error) => count < 2 && problem(error).passing,
      refetchOnWindowFocus: true,
    },
    mutations: { networkMode: 'always', retry: false },
  },
})

/** Services whose answers change with entities of a topic. */
const TOPICS: Record<string, string[]> = {
  BUYOUT: [
    'kite.buyout.v1.BuyoutService',
    'kite.inspection.v1.InspectionService',
    'kite.report.v1.ReportService',
  ],
  TASK: ['kite.task.v1.TaskService', 'kite.inspection.v1.InspectionService'],
  STAFF: ['kite.session.v1.SessionService', 'kite.staff.v1.StaffService'],
  POLICY: ['kite.policy.v1.PolicyService'],
  NOTIFICATION: ['kite.notification.v1.NotificationService'],
  UNMATCHED: ['kite.ops.v1.OpsService'],
  INBOX: ['kite.ops.v1.OpsService'],
  PARTNER: ['kite.ops.v1.OpsService'],
  FINDING: ['kite.ops.v1.OpsService'],
}

/** Directories that no change of an entity touches. */
const SLOW = new Set(['ListPayoutBanks'])

/** Answers of other services that tell of the tasks of a run. */
const OF_A_RUN = new Set(['GetBuyout', 'Explain'])

interface CallKey {
  serviceName?: string
  methodName?: string
  input?: unknown
}

/** The service and input of a query made by connect-query. */
function call(query: Query): CallKey {
  const [mark, key] = query.queryKey
  return mark === 'connect-query' && typeof key === 'object' && key !== null ? (key as CallKey) : {}
}

let waiting: Change[] = []
let timer: ReturnType<typeof setTimeout> | undefined

/** Collects changes for a moment, so that a burst reads each list once. */
export function changed(changes: Change[]): void {
  waiting.push(...changes)
  timer ??= setTimeout(() => {
    const batch = waiting
    waiting = []
    timer = undefined
    apply(batch)
  }, 300)
}

function apply(batch: Change[]): void {
  const services = new Set(batch.flatMap((change) => TOPICS[change.topic] ?? []))
  const runs = new Set(batch.map((change) => change.buyoutId || change.entityId))
  void queries.invalidateQueries({
    predicate: (query) => {
      const { serviceName, methodName, input } = call(query)
      if (methodName !== undefined && SLOW.has(methodName)) return false
      if (!serviceName || !services.has(serviceName)) {
        // A run's page holds its tasks too, and why it does not go on changes with each of its steps.
        const touched = batch.some(({ topic }) =>
          topic === 'TASK' ? OF_A_RUN.has(methodName ?? '') : topic === 'BUYOUT' && methodName === 'Explain',
        )
        return touched && concerns(input, runs)
      }
      return methodName === 'GetBuyout' || methodName === 'ListBuyoutEvents' || methodName === 'GetInspection'
        ? concerns(input, runs)
        : true
    },
  })
}

function concerns(input: unknown, runs: Set<string>): boolean {
  const asked = input as { id?: string; buyoutId?: string } | undefined
  return runs.has(asked?.buyoutId ?? asked?.id ?? '')
}

export function readAgain(): void {
  void queries.invalidateQueries()
}
