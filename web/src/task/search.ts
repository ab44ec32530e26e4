import { flag, list, text } from '@/ui/search'

/** The filter of the task list as its address says it. */
export interface TaskSearch {
  q?: string
  kind?: string
  city?: string
  states?: string[]
  mine?: true
  overdue?: true
  escalated?: true
  /** Closed ones, the latest first. */
  closed?: true
}

export function taskSearch(raw: Record<string, unknown>): TaskSearch {
  return {
    q: text(raw, 'q'),
    kind: text(raw, 'kind'),
    city: text(raw, 'city'),
    states: list(raw, 'states'),
    mine: flag(raw, 'mine'),
    overdue: flag(raw, 'overdue'),
    escalated: flag(raw, 'escalated'),
    closed: flag(raw, 'closed'),
  }
}
