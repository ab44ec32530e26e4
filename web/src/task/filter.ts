// The filter of the task list: what the address says, what a tab means, what the server is asked.

import type { MessageInitShape } from '@bufbuild/protobuf'

import type { ListTasksRequestSchema } from '@/gen/kite/task/v1/task_pb'
import type { TaskSearch } from './search'

export const TABS = ['mine', 'free', 'all', 'closed'] as const
export type Tab = (typeof TABS)[number]

export function tabOf(search: TaskSearch): Tab {
  if (search.closed) return 'closed'
  if (search.mine) return 'mine'
  return search.states?.length === 1 && search.states[0] === 'OPEN' ? 'free' : 'all'
}

/** The same filter under another tab; what makes no sense there is dropped. */
export function withTab(search: TaskSearch, tab: Tab): TaskSearch {
  const { q, kind, city, overdue, escalated } = search
  const shared: TaskSearch = { q, kind, city, overdue, escalated }
  switch (tab) {
    case 'mine':
      return { ...shared, mine: true }
    case 'free':
      return { ...shared, states: ['OPEN'] }
    case 'closed':
      return { q, kind, city, closed: true }
    case 'all':
      return shared
  }
}

/** Filters that are set besides the tab and the text. */
export function countFilters(search: TaskSearch): number {
  return [search.kind, search.city, search.overdue, search.escalated].filter(Boolean).length
}

export function tasksRequest(search: TaskSearch): MessageInitShape<typeof ListTasksRequestSchema> {
  const closed = search.closed ?? false
  return {
    mine: search.mine ?? false,
    states: closed ? ['DONE', 'CANCELLED', 'EXPIRED'] : (search.states ?? []),
    kind: search.kind ?? '',
    city: search.city ?? '',
    text: search.q ?? '',
    overdue: search.overdue ?? false,
    escalated: search.escalated ?? false,
    latestFirst: closed,
  }
}
