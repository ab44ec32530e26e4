import { timestampMs } from '@bufbuild/protobuf/wkt'
import { describe, expect, it } from 'vitest'

import { lastDays, period } from './period'

const now = new Date(2026, 10, 24, 15, 30)

describe('the period of a report', () => {
  it('is the last thirty days when the address says nothing', () => {
    expect(lastDays(30, now)).toEqual({ from: '2026-10-26', to: '2026-11-24' })
    const found = period({}, now)
    expect(found && timestampMs(found.to)).toBe(new Date(2026, 10, 25).getTime())
  })

  it('includes both days and the city', () => {
    const found = period({ from: '2026-11-01', to: '2026-11-01', city: 'Мурманск' }, now)
    expect(found?.city).toBe('Мурманск')
    expect(found && timestampMs(found.from)).toBe(new Date(2026, 10, 1).getTime())
    expect(found && timestampMs(found.to)).toBe(new Date(2026, 10, 2).getTime())
  })

  it('refuses what is no period', () => {
    expect(period({ from: '2026-11-02', to: '2026-11-01' }, now)).toBeUndefined()
    expect(period({ from: '2024-01-01', to: '2026-11-01' }, now)).toBeUndefined()
    expect(period({ from: '2026-02-31', to: '2026-11-01' }, now)).toBeUndefined()
    expect(period({ from: 'вчера' }, now)).toBeUndefined()
  })
})
