// The filter of the list of runs: what the address says and what the server is asked.

import type { MessageInitShape } from '@bufbuild/protobuf'
import { timestampFromDate, type Timestamp } from '@bufbuild/protobuf/wkt'

import type { ListBuyoutsRequestSchema } from '@/gen/kite/buyout/v1/buyout_pb'
import type { BuyoutSearch } from './search'

/** Filters that are set besides the text; the order is none. */
export function countFilters(search: BuyoutSearch): number {
  const { stages, city, inspector, ended, overdue, troubled, from, to } = search
  return [stages, city, inspector, ended, overdue, troubled, from, to].filter(Boolean).length
}

/** The beginning of a day of the reader's calendar, `plus` days later. */
function day(text: string | undefined, plus = 0): Timestamp | undefined {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text ?? '')
  if (!match) return undefined
  const [year, month, date] = match.slice(1).map(Number) as [number, number, number]
  const at = new Date(year, month - 1, date + plus)
  return Number.isNaN(at.getTime()) ? undefined : timestampFromDate(at)
}

export function buyoutsRequest(search: BuyoutSearch): MessageInitShape<typeof ListBuyoutsRequestSchema> {
  return {
    stages: search.stages ?? [],
    city: search.city ?? '',
    text: search.q ?? '',
    active: search.ended === 'too' ? undefined : search.ended !== 'only',
    overdue: search.overdue ?? false,
    troubled: search.troubled ?? false,
    inspectorId: search.inspector ?? '',
    order: search.order ?? 'STARTED',
    ascending: search.asc ?? false,
    startedFrom: day(search.from),
    // The last day is meant as a whole.
    startedTo: day(search.to, 1),
  }
}
