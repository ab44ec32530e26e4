// What the appraiser has typed, and the message that it becomes. Sums are bigint kopecks all the way.

import type { MessageInitShape } from '@bufbuild/protobuf'

import type { Buyout } from '@/gen/kite/buyout/v1/buyout_pb'
import type { Defect } from '@/gen/kite/inspection/v1/inspection_pb'
import type { Appraisal, AppraisalSchema } from '@/gen/kite/task/v1/task_pb'

export const CHANNELS = ['RETAIL', 'AUCTION', 'WHOLESALE'] as const
export type Channel = (typeof CHANNELS)[number]

export interface Line {
  /** Stays with the line while others come and go. */
  key: string
  element: string
  kind: string
  fix: boolean
  cost?: bigint
  /** What the inspector said; empty for a line that was added here. */
  comment: string
  added: boolean
}

export interface Forecast {
  price?: bigint
  days?: number
  costs?: bigint
}

export interface Draft {
  lines: Line[]
  forecasts: Record<Channel, Forecast>
  channel?: Channel
  forecastPrice?: bigint
  buyoutPrice?: bigint
  stopPrice?: bigint
  comment: string
  returnReason: string
}

function channelOf(code: string | undefined): Channel | undefined {
  return CHANNELS.find((each) => each === code)
}

/**
 * Every defect of the last inspection, and what an earlier appraisal of this run already said about it. Lines
 * of the earlier appraisal that fit no defect were added by hand and stay.
 */
export function linesOf(defects: Defect[], before: Appraisal | undefined): Line[] {
  const left = [...(before?.repairs ?? [])]
  const take = (element: string, kind: string) => {
    const at = left.findIndex((each) => each.element === element && each.kind === kind)
    return at < 0 ? undefined : left.splice(at, 1)[0]
  }
  const lines = defects.map((defect, index): Line => {
    const known = take(defect.element, defect.kind)
    return {
      key: `defect-${index}`,
      element: defect.element,
      kind: defect.kind,
      fix: known?.fix ?? false,
      cost: known?.cost?.kopecks,
      comment: defect.comment,
      added: false,
    }
  })
  const own = left.map((line, index): Line => ({
    key: `before-${index}`,
    element: line.element,
    kind: line.kind,
    fix: line.fix,
    cost: line.cost?.kopecks,
    comment: '',
    added: true,
  }))
  return [...lines, ...own]
}

/** The form as it is opened: empty, or the appraisal that was sent back. */
export function beginning(buyout: Buyout): Draft {
  const before = buyout.appraisal?.appraisal
  const forecast = (channel: Channel): Forecast => {
    const known = before?.forecasts.find((each) => each.channel === channel)
    return known ? { price: known.price?.kopecks, days: known.days, costs: known.costs?.kopecks } : {}
  }
  return {
    lines: linesOf(buyout.inspections.at(-1)?.inspection?.defects ?? [], before),
    forecasts: {
      RETAIL: forecast('RETAIL'),
      AUCTION: forecast('AUCTION'),
      WHOLESALE: forecast('WHOLESALE'),
    },
    channel: channelOf(before?.channel),
    forecastPrice: before?.forecastPrice?.kopecks,
    buyoutPrice: before?.buyoutPrice?.kopecks,
    stopPrice: before?.stopPrice?.kopecks,
    comment: before?.comment ?? '',
    returnReason: '',
  }
}

/** What the chosen repairs cost together. */
export function repairTotal(lines: Line[]): bigint {
  return lines.reduce((sum, line) => (line.fix ? sum + (line.cost ?? 0n) : sum), 0n)
}

/** The forecast price is that of the chosen channel until somebody writes another one. */
function followed(old: Draft, next: Draft): Draft {
  const before = old.channel && old.forecasts[old.channel].price
  const follows = old.forecastPrice === undefined || old.forecastPrice === before
  const price = next.channel && next.forecasts[next.channel].price
  return follows && price !== undefined ? { ...next, forecastPrice: price } : next
}

export function withForecast(old: Draft, channel: Channel, forecast: Forecast): Draft {
  return followed(old, { ...old, forecasts: { ...old.forecasts, [channel]: forecast } })
}

export function withChannel(old: Draft, channel: Channel): Draft {
  return followed(old, { ...old, channel })
}

export function withLine(old: Draft, key: string, change: Partial<Line>): Draft {
  return { ...old, lines: old.lines.map((line) => (line.key === key ? { ...line, ...change } : line)) }
}

type Message = MessageInitShape<typeof AppraisalSchema>

const sum = (kopecks: bigint | undefined) => (kopecks === undefined ? undefined : { kopecks })

/** What is not filled in is left out, so that the server can say so. */
export function toMessage(draft: Draft): Message {
  return {
    channel: draft.channel ?? '',
    forecastPrice: sum(draft.forecastPrice),
    buyoutPrice: sum(draft.buyoutPrice),
    stopPrice: sum(draft.stopPrice),
    repairs: draft.lines.map((line) => ({
      element: line.element,
      kind: line.kind,
      fix: line.fix,
      // A defect that stays costs nothing, unless somebody wrote what it would cost.
      cost: sum(line.cost ?? (line.fix ? undefined : 0n)),
    })),
    forecasts: CHANNELS.flatMap((channel) => {
      const { price, days, costs } = draft.forecasts[channel]
      return price === undefined
        ? []
        : [{ channel, price: sum(price), days: days ?? 0, costs: sum(costs ?? 0n) }]
    }),
    comment: draft.comment.trim(),
  }
}

export type Gap = 'channel' | 'forecast_price' | 'buyout_price' | 'stop_price' | 'repairs' | 'stop_below'

/** What must be mended before it is worth sending; the server has the last word. */
export function gaps(draft: Draft): Gap[] {
  const found: Gap[] = []
  if (draft.lines.some((line) => line.fix && line.cost === undefined)) found.push('repairs')
  if (draft.channel === undefined) found.push('channel')
  if (!draft.forecastPrice) found.push('forecast_price')
  if (!draft.buyoutPrice) found.push('buyout_price')
  if (draft.stopPrice === undefined) found.push('stop_price')
  else if (draft.buyoutPrice !== undefined && draft.stopPrice < draft.buyoutPrice) found.push('stop_below')
  return found
}

/** Until when an offer stands that is sent at a moment. */
export function standsUntil(sentMs: number, validSecs: bigint): Date {
  return new Date(sentMs + Number(validSecs) * 1000)
}
