import { timestampDate, type Timestamp } from '@bufbuild/protobuf/wkt'
import { describe, expect, it } from 'vitest'

import { detailLines, EVERYTHING, request } from './filter'

describe('what of the audit is looked for', () => {
  it('is everything when nothing is typed', () => {
    expect(request(EVERYTHING)).toEqual({
      action: '',
      personId: '',
      entity: '',
      buyoutId: '',
      chain: '',
      from: undefined,
      to: undefined,
    })
  })

  it('has the last day as a whole and drops what is no day', () => {
    const asked = request({ ...EVERYTHING, action: ' payment ', from: '2026-11-28', to: '2026-11-30' })
    expect(asked.action).toBe('payment')
    expect(timestampDate(asked.from as Timestamp)).toEqual(new Date(2026, 10, 28))
    expect(timestampDate(asked.to as Timestamp)).toEqual(new Date(2026, 11, 1))
    expect(request({ ...EVERYTHING, from: '28.11.2026' }).from).toBeUndefined()
  })
})

describe('the detail of an entry', () => {
  it('is a line a value, without what is empty', () => {
    expect(detailLines('{"reason":"Работы.","count":3,"by":null,"to":"","of":["a"]}')).toEqual([
      'reason: Работы.',
      'count: 3',
      'of: ["a"]',
    ])
  })

  it('is shown as it came when it is no object', () => {
    expect(detailLines('words')).toEqual(['words'])
    expect(detailLines('[1]')).toEqual(['[1]'])
    expect(detailLines('')).toEqual([])
  })
})
