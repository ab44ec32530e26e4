import { create } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { describe, expect, it } from 'vitest'

import { BuyoutSchema } from '@/gen/kite/buyout/v1/buyout_pb'
import { pretty } from './pretty'
import { mismatchDecision, removalDecision, sourcesDecision } from './resolutions'
import { readingOf } from './reading'
import { deviation, place, scaleOf } from './scale'
import { gravest, silent, standing, worst } from './sources'

const at = (ms: number) => timestampFromMs(ms)
const run = create(BuyoutSchema, {
  checks: [
    { kind: 'HISTORY', outcome: 'ATTENTION', takenAt: at(1) },
    { kind: 'WANTED', outcome: 'UNKNOWN', takenAt: at(5), findings: ['Источник не ответил.'] },
    { kind: 'RESTRICTIONS', outcome: 'CLEAR', takenAt: at(1) },
    { kind: 'ACCIDENTS', outcome: 'CLEAR', takenAt: at(1) },
    { kind: 'REGISTRATION', outcome: 'UNKNOWN', takenAt: at(2) },
    { kind: 'BAILIFFS', outcome: 'CLEAR', takenAt: at(1) },
    { kind: 'PLEDGE', outcome: 'UNKNOWN', takenAt: at(3) },
    { kind: 'TAXI', outcome: 'CLEAR', takenAt: at(1) },
    { kind: 'MARKET', outcome: 'CLEAR', takenAt: at(1) },
  ],
  checksRunning: ['EPTS', 'PLEDGE'],
})

describe('sources', () => {
  it('answered, are silent, were not asked, are being asked', () => {
    expect(standing(run, 'TAXI')).toMatchObject({ state: 'answered', asking: false })
    expect(standing(run, 'PLEDGE')).toMatchObject({ state: 'silent', asking: true })
    expect(standing(run, 'EPTS')).toMatchObject({ state: 'unasked', asking: true })
  })

  it('that are silent come with those that block a payment first, the longest silence before', () => {
    expect(silent(run).map(({ kind, blocks }) => [kind, blocks])).toEqual([
      ['PLEDGE', true],
      ['WANTED', true],
      ['EPTS', true],
      ['REGISTRATION', false],
    ])
  })

  it('show the gravest first; silence is graver than a remark', () => {
    expect(worst(run, ['WANTED', 'RESTRICTIONS'])).toBe('UNKNOWN')
    expect(worst(run, ['EPTS'])).toBeUndefined()
    expect(gravest(run)).toBe('gibdd')
    expect(gravest(create(BuyoutSchema))).toBe('autoteka')
  })
})

describe('a raw answer', () => {
  it('is laid out without changing a figure', () => {
    expect(pretty('{"vin":"X\\"{,}","sum":9007199254740993.10,"list":[1,{}],"empty":[]}').text).toBe(
      `{
  "vin": "X\\"{,}",
  "sum": 9007199254740993.10,
  "list": [
    1,
    {}
  ],
  "empty": []
}`,
    )
  })

  it('may be XML, plain words, or broken', () => {
    expect(pretty('<a><b x="1">т</b><c/></a>').text).toBe('<a>\n  <b x="1">т</b>\n  <c/>\n</a>')
    expect(pretty('<?xml version="1.0"?><a><b>1</b></a>').text.split('\n')).toHaveLength(4)
    expect(pretty('нет данных').text).toBe('нет данных')
    expect(pretty('{"a": "не закр').text).toContain('не закр')
  })

  it('is cut when it is endless', () => {
    const { text, cut } = pretty(`[${'1,'.repeat(300_000)}1]`)
    expect(cut).toBe(true)
    expect(text.length).toBeLessThan(2_000_000)
  })
})

describe('prices on one scale', () => {
  it('stand where they belong, to the last kopeck', () => {
    const scale = scaleOf([100_000_000n, 200_000_000n, undefined])!
    expect(place(scale, 150_000_000n)).toBeCloseTo(50, 1)
    expect(place(scale, 100_000_000n)).toBeGreaterThan(0)
    expect(place(scale, 999_999_999_999n)).toBe(100)
    expect(scaleOf([undefined])).toBeUndefined()
    expect(place(scaleOf([5_000n])!, 5_000n)).toBeCloseTo(50, 0)
  })

  it('differ by basis points', () => {
    expect(deviation(115n, 100n)).toBe(1500)
    expect(deviation(95n, 100n)).toBe(-500)
    expect(deviation(95n, 0n)).toBeUndefined()
  })
})

describe('decisions on checks', () => {
  it('become what the API takes', () => {
    expect(mismatchDecision('ACCEPT', 'ошибка в сделке')).toEqual({
      case: 'mismatch',
      value: { resolution: 'ACCEPT', reason: 'ошибка в сделке' },
    })
    expect(sourcesDecision('ASK_AGAIN', '')).toMatchObject({ case: 'sources' })
    expect(removalDecision('RECHECK', '')).toMatchObject({ value: { resolution: 'RECHECK' } })
  })

  it('find the photo of a mismatch by its Russian place', () => {
    const run = create(BuyoutSchema, {
      mismatches: [{ source: 'VIN под стеклом', expected: 'A', found: 'B' }],
      inspections: [
        {
          inspection: {
            identifiers: [
              { place: 'BODY_VIN', value: 'B', photoFileId: '1' },
              { place: 'WINDSHIELD_VIN', value: 'B', photoFileId: '2' },
            ],
          },
        },
      ],
    })
    expect(readingOf(run.mismatches[0]!, run.inspections[0]!.inspection!.identifiers)?.photoFileId).toBe('2')
  })
})
