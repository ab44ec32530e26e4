import { describe, expect, it } from 'vitest'

import { formatDuration, formatTime, fromNow } from './time'

describe('time', () => {
  it('is shown in the zone of the site, which is named when it is not the reader’s', () => {
    const at = new Date('2026-03-05T09:30:00Z')
    expect(formatTime(at, 'Asia/Vladivostok')).toMatch(/19:30 \(GMT\+10\)/)
    expect(formatTime(at, 'Nowhere/City')).toMatch(/:30/)
  })

  it('tells how far a deadline is', () => {
    const now = Date.parse('2026-03-05T09:30:00Z')
    expect(fromNow(new Date(now + 7_260_000), now)).toMatch(/2 ч/)
    expect(fromNow(new Date(now - 300_000), now)).toMatch(/5 мин/)
  })

  it('names a duration by its two largest units', () => {
    expect(formatDuration(2 * 86_400 + 3 * 3600 + 59)).toBe('2 дн 3 ч')
    expect(formatDuration(8100n)).toBe('2 ч 15 мин')
    expect(formatDuration(59)).toBe('59 с')
  })
})
