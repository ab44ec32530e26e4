// Many calls and messages tried again at once: what is asked for, and what came of it so far.

import { equals, create, type MessageInitShape } from '@bufbuild/protobuf'

import {
  RetryBatchRequestSchema,
  type RetryBatchResponse,
  type RetriedItem,
  type RetryReport,
} from '@/gen/kite/ops/v1/ops_pb'

/** The server's own limits. */
export const MOST_PER_SECOND = 20
export const MOST = 1000

export interface Filter {
  partners: string[]
  stages: string[]
  run: string
  /** Empty: both. */
  what: '' | 'CALLS' | 'INBOX'
  perSecond: number
  limit: number
}

export const EVERYTHING: Filter = { partners: [], stages: [], run: '', what: '', perSecond: 2, limit: MOST }

export function request(filter: Filter, dryRun: boolean): MessageInitShape<typeof RetryBatchRequestSchema> {
  const run = filter.run.trim()
  return {
    partners: filter.partners,
    stages: filter.stages,
    buyoutIds: run === '' ? [] : [run],
    what: filter.what === '' ? [] : [filter.what],
    dryRun,
    perSecond: filter.perSecond,
    limit: filter.limit,
  }
}

/** Whether both ask for the same, at whatever rate. */
export function sameFilter(one: Filter, other: Filter): boolean {
  const made = (filter: Filter) => create(RetryBatchRequestSchema, request({ ...filter, perSecond: 1 }, true))
  return equals(RetryBatchRequestSchema, made(one), made(other))
}

export interface Batch {
  items: RetriedItem[]
  /** Absent while it goes on, and when it was broken off. */
  report?: RetryReport
}

export const NOTHING_YET: Batch = { items: [] }

/** The batch with one more word of the server. */
export function grown(batch: Batch, { event }: RetryBatchResponse): Batch {
  if (event.case === 'item') return { ...batch, items: [...batch.items, event.value] }
  if (event.case === 'report') return { ...batch, report: event.value }
  return batch
}

/** Of a dry run: so many would be tried. */
export function planned(batch: Batch): number {
  return batch.items.filter(({ outcome }) => outcome === 'WOULD_RETRY').length
}

/** Tried by now, whatever came of it; those that were passed over cost no time and are not counted. */
export function tried(batch: Batch): number {
  return batch.items.filter(({ outcome }) => outcome === 'RETRIED' || outcome === 'FAILED').length
}
