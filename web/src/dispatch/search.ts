// The dispatcher's page as its address says it, and what the server is asked for.

import type { MessageInitShape } from '@bufbuild/protobuf'

import type { ListTasksRequestSchema } from '@/gen/kite/task/v1/task_pb'
import { flag, oneOf, text } from '@/ui/search'

export const TABS = ['waiting', 'running'] as const
export type Tab = (typeof TABS)[number]

export interface DispatchSearch {
  q?: string
  city?: string
  overdue?: true
  /** New ones that wait for an inspector when it is not given. */
  tab?: 'running'
  /** The task whose inspector is being chosen. */
  item?: string
}

export function dispatchSearch(raw: Record<string, unknown>): DispatchSearch {
  return {
    q: text(raw, 'q'),
    city: text(raw, 'city'),
    overdue: flag(raw, 'overdue'),
    tab: oneOf(raw, 'tab', ['running']),
    item: text(raw, 'item'),
  }
}

export function tabOf(search: DispatchSearch): Tab {
  return search.tab ?? 'waiting'
}

export function kindOf(tab: Tab): string {
  return tab === 'running' ? 'INSPECT' : 'ASSIGN_INSPECTOR'
}

export function countFilters(search: DispatchSearch): number {
  return [search.city, search.overdue].filter(Boolean).length
}

export function dispatchRequest(search: DispatchSearch): MessageInitShape<typeof ListTasksRequestSchema> {
  return {
    kind: kindOf(tabOf(search)),
    city: search.city ?? '',
    text: search.q ?? '',
    overdue: search.overdue ?? false,
  }
}
