import { create, toBinary } from '@bufbuild/protobuf'
import { describe, expect, it } from 'vitest'

import { BuyoutSchema } from '@/gen/kite/buyout/v1/buyout_pb'
import { AppraisalSchema } from '@/gen/kite/task/v1/task_pb'
import {
  beginning,
  gaps,
  repairTotal,
  standsUntil,
  toMessage,
  withChannel,
  withForecast,
  withLine,
} from './draft'
import { meant } from './useSections'

const run = create(BuyoutSchema, {
  inspections: [
    { inspection: { defects: [{ element: 'DOOR_OF_OLD', kind: 'DENT' }] } },
    {
      inspection: {
        defects: [
          { element: 'HOOD', kind: 'CHIP', comment: 'по кромке' },
          { element: 'HOOD', kind: 'CHIP' },
          { element: 'ROOF', kind: 'DENT' },
        ],
      },
    },
  ],
})

describe('the appraisal form', () => {
  it('begins with every defect of the last inspection, none to be mended', () => {
    const draft = beginning(run)
    expect(draft.lines.map(({ element, kind, fix, cost }) => [element, kind, fix, cost])).toEqual([
      ['HOOD', 'CHIP', false, undefined],
      ['HOOD', 'CHIP', false, undefined],
      ['ROOF', 'DENT', false, undefined],
    ])
    expect(draft.lines[0]?.comment).toBe('по кромке')
    expect(new Set(draft.lines.map((line) => line.key)).size).toBe(3)
  })

  it('takes up an appraisal that was sent back, its own lines too', () => {
    const draft = beginning(
      create(BuyoutSchema, {
        inspections: run.inspections,
        appraisal: {
          appraisal: {
            channel: 'AUCTION',
            forecastPrice: { kopecks: 100n },
            buyoutPrice: { kopecks: 80n },
            stopPrice: { kopecks: 90n },
            repairs: [
              { element: 'HOOD', kind: 'CHIP', fix: true, cost: { kopecks: 5n } },
              { element: 'ENGINE', kind: 'MALFUNCTION', fix: true, cost: { kopecks: 7n } },
            ],
            forecasts: [{ channel: 'AUCTION', price: { kopecks: 100n }, days: 9, costs: { kopecks: 3n } }],
            comment: 'так',
          },
        },
      }),
    )
    expect(draft.lines.map(({ element, fix, cost, added }) => [element, fix, cost, added])).toEqual([
      ['HOOD', true, 5n, false],
      ['HOOD', false, undefined, false],
      ['ROOF', false, undefined, false],
      ['ENGINE', true, 7n, true],
    ])
    expect(draft).toMatchObject({ channel: 'AUCTION', stopPrice: 90n, comment: 'так' })
    expect(draft.forecasts.AUCTION).toEqual({ price: 100n, days: 9, costs: 3n })
    expect(draft.forecasts.RETAIL).toEqual({})
  })

  it('adds repairs up as kopecks, beyond what a floating-point number holds', () => {
    let draft = beginning(run)
    draft = withLine(draft, 'defect-0', { fix: true, cost: 9007199254740993n })
    draft = withLine(draft, 'defect-1', { fix: false, cost: 1n })
    draft = withLine(draft, 'defect-2', { fix: true, cost: 1n })
    expect(repairTotal(draft.lines)).toBe(9007199254740994n)
  })

  it('becomes the message; what is not filled in is absent, not nought', () => {
    let draft = beginning(run)
    draft = withLine(draft, 'defect-0', { fix: true })
    draft = withForecast(draft, 'RETAIL', { price: 130n, days: 20 })
    draft = withForecast(draft, 'AUCTION', { days: 3 })
    const message = create(AppraisalSchema, toMessage({ ...draft, comment: ' да ' }))
    expect(message.forecastPrice).toBeUndefined()
    expect(message.channel).toBe('')
    expect(message.comment).toBe('да')
    expect(message.repairs[0]?.cost).toBeUndefined()
    expect(message.repairs[1]?.cost?.kopecks).toBe(0n)
    expect(message.forecasts.map(({ channel, days, costs }) => [channel, days, costs?.kopecks])).toEqual([
      ['RETAIL', 20, 0n],
    ])
    expect(toBinary(AppraisalSchema, message).length).toBeGreaterThan(0)
  })

  it('takes the forecast price of the chosen channel until another one is written', () => {
    let draft = withForecast(beginning(run), 'RETAIL', { price: 130n })
    expect(draft.forecastPrice).toBeUndefined()
    draft = withChannel(draft, 'RETAIL')
    expect(draft.forecastPrice).toBe(130n)
    draft = withForecast(draft, 'RETAIL', { price: 140n })
    expect(draft.forecastPrice).toBe(140n)
    draft = withForecast({ ...draft, forecastPrice: 150n }, 'RETAIL', { price: 160n })
    expect(draft.forecastPrice).toBe(150n)
    // A channel without a price takes nothing away.
    expect(withChannel(draft, 'WHOLESALE').forecastPrice).toBe(150n)
  })

  it('says what is missing', () => {
    expect(gaps(beginning(run))).toEqual(['channel', 'forecast_price', 'buyout_price', 'stop_price'])
    const full = {
      ...withLine(beginning(run), 'defect-0', { fix: true }),
      channel: 'RETAIL' as const,
      forecastPrice: 100n,
      buyoutPrice: 80n,
      stopPrice: 70n,
    }
    expect(gaps(full)).toEqual(['repairs', 'stop_below'])
    expect(gaps({ ...withLine(full, 'defect-0', { cost: 0n }), stopPrice: 80n })).toEqual([])
  })
})

describe('keys of the case', () => {
  const key = (name: string, more = {}) => ({
    key: name,
    ctrlKey: false,
    metaKey: false,
    altKey: false,
    ...more,
  })

  it('open sections by digits, not while somebody writes', () => {
    expect(meant(key('2'), false, 6)).toEqual({ do: 'section', at: 1 })
    expect(meant(key('7'), false, 6)).toBeUndefined()
    expect(meant(key('0'), false, 6)).toBeUndefined()
    expect(meant(key('2'), true, 6)).toBeUndefined()
    expect(meant(key('2', { altKey: true }), false, 6)).toBeUndefined()
  })

  it('send with Ctrl+Enter even from a field, and leave a field with Esc', () => {
    expect(meant(key('Enter', { ctrlKey: true }), true, 6)).toEqual({ do: 'send' })
    expect(meant(key('Enter'), true, 6)).toBeUndefined()
    expect(meant(key('Escape'), true, 6)).toEqual({ do: 'leave' })
    expect(meant(key('Escape'), false, 6)).toBeUndefined()
  })
})

describe('how long an offer stands', () => {
  it('is counted from when it is sent', () => {
    const sent = Date.UTC(2026, 10, 24, 9)
    expect(standsUntil(sent, 259_200n).toISOString()).toBe('2026-11-27T09:00:00.000Z')
  })
})
