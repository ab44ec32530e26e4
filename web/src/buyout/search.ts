import { flag, list, oneOf, text } from '@/ui/search'

/** The filter of the list of runs as its address says it. */
export interface BuyoutSearch {
  q?: string
  stages?: string[]
  city?: string
  inspector?: string
  /** Absent: running ones. */
  ended?: 'only' | 'too'
  overdue?: true
  troubled?: true
  order?: 'STARTED' | 'DEADLINE' | 'STAGE_SINCE'
  asc?: true
  from?: string
  to?: string
}

export function buyoutSearch(raw: Record<string, unknown>): BuyoutSearch {
  return {
    q: text(raw, 'q'),
    stages: list(raw, 'stages'),
    city: text(raw, 'city'),
    inspector: text(raw, 'inspector'),
    ended: oneOf(raw, 'ended', ['only', 'too']),
    overdue: flag(raw, 'overdue'),
    troubled: flag(raw, 'troubled'),
    order: oneOf(raw, 'order', ['STARTED', 'DEADLINE', 'STAGE_SINCE']),
    asc: flag(raw, 'asc'),
    from: text(raw, 'from'),
    to: text(raw, 'to'),
  }
}
