import { create } from '@bufbuild/protobuf'
import { describe, expect, it } from 'vitest'

import { RetryBatchResponseSchema } from '@/gen/kite/ops/v1/ops_pb'
import { EVERYTHING, grown, NOTHING_YET, planned, request, sameFilter, tried, type Batch } from './retry'

function told(batch: Batch, ...outcomes: string[]): Batch {
  return outcomes.reduce(
    (before, outcome) =>
      grown(before, create(RetryBatchResponseSchema, { event: { case: 'item', value: { outcome } } })),
    batch,
  )
}

describe('what is asked for', () => {
  it('is everything when nothing is chosen', () => {
    expect(request(EVERYTHING, true)).toEqual({
      partners: [],
      stages: [],
      buyoutIds: [],
      what: [],
      dryRun: true,
      perSecond: 2,
      limit: 1000,
    })
  })

  it('is narrowed by what is chosen; blanks around an id are none of it', () => {
    const asked = request({ ...EVERYTHING, run: ' buyout:a:1 ', what: 'CALLS', partners: ['fssp'] }, false)
    expect(asked).toMatchObject({ buyoutIds: ['buyout:a:1'], what: ['CALLS'], partners: ['fssp'] })
    expect(asked.dryRun).toBe(false)
  })

  it('is the same at another rate and another thing with another partner, run or limit', () => {
    const filter = { ...EVERYTHING, partners: ['fssp'] }
    expect(sameFilter(filter, { ...filter, perSecond: 20 })).toBe(true)
    expect(sameFilter(filter, { ...filter, run: ' ' })).toBe(true)
    expect(sameFilter(filter, { ...filter, partners: ['avtocod'] })).toBe(false)
    expect(sameFilter(filter, { ...filter, run: 'buyout:a:1' })).toBe(false)
    expect(sameFilter(filter, { ...filter, limit: 5 })).toBe(false)
  })
})

describe('what came of it', () => {
  it('counts what a check would try, not what it passes over', () => {
    const batch = told(NOTHING_YET, 'WOULD_RETRY', 'SKIPPED', 'WOULD_RETRY')
    expect(planned(batch)).toBe(2)
    expect(tried(batch)).toBe(0)
    expect(NOTHING_YET.items).toEqual([])
  })

  it('counts failures among the tried, and ends with the report', () => {
    const going = told(NOTHING_YET, 'RETRIED', 'FAILED', 'SKIPPED')
    expect(tried(going)).toBe(2)
    expect(going.report).toBeUndefined()
    const ended = grown(
      going,
      create(RetryBatchResponseSchema, { event: { case: 'report', value: { retried: 1, failed: 1 } } }),
    )
    expect(ended.report?.failed).toBe(1)
    expect(ended.items).toHaveLength(3)
  })
})
