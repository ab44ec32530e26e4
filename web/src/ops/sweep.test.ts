import { describe, expect, it } from 'vitest'

import { sweepWords } from './sweep'

const t = (key: string, values?: Record<string, unknown>) => `${key} ${JSON.stringify(values)}`

describe('the result of a sweep in words', () => {
  it('is of its kind, numbers that are missing are none', () => {
    expect(sweepWords(t, 'PORTALS', '{"events":3,"lost":1,"unanswered":0}')).toBe(
      'sweep.PORTALS {"events":3,"lost":1,"unanswered":0,"silent":0}',
    )
    expect(sweepWords(t, 'RECONCILE', '{"runs":5,"findings":2,"new":1,"gone":0,"silent":[]}')).toBe(
      'sweep.RECONCILE {"runs":5,"findings":2,"fresh":1,"gone":0}',
    )
  })

  it('names who did not answer', () => {
    expect(sweepWords(t, 'RECONCILE', '{"runs":5,"silent":["yookassa","onec_alfa"]}')).toMatch(
      /; sweep_silent \{"names":"yookassa, onec_alfa"\}$/,
    )
  })

  it('is shown as it came when nobody here knows it', () => {
    expect(sweepWords(t, 'NEWER', '{"x":1}')).toBe('{"x":1}')
    expect(sweepWords(t, 'PORTALS', 'no JSON')).toBe('no JSON')
    expect(sweepWords(t, 'PORTALS', 'null')).toBe('null')
    expect(sweepWords(t, 'PORTALS', '')).toBe('')
  })
})
