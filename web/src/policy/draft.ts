// A policy as its form holds it: text in every field, converted when it is sent.

import type { MessageInitShape } from '@bufbuild/protobuf'

import type { Policy, PolicySchema } from '@/gen/kite/policy/v1/policy_pb'

export const ENTITY = [
  'id',
  'name',
  'inn',
  'kpp',
  'ogrn',
  'address',
  'signatory',
  'signatoryBasis',
  'account',
  'bic',
] as const
export const SITE = ['id', 'name', 'address'] as const
export const STAGES = ['inspection', 'appraisal', 'offer', 'signing', 'payment', 'won', 'lost'] as const

type Texts<Names extends readonly string[]> = Record<Names[number], string>

export interface PolicyDraft {
  city: string
  version: number
  priceWithoutApproval?: bigint
  sbpMax?: bigint
  /** Percent, "12,5". */
  deviation: string
  /** Hours. */
  freshness: string
  bargainRounds: string
  paperRounds: string
  /** Kilometres; 0: not looked at. */
  photoKm: string
  /** Hours by name. */
  deadlines: Record<string, string>
  entity: Texts<typeof ENTITY>
  site: Texts<typeof SITE>
  stages: Texts<typeof STAGES>
  timeZone: string
  /** "09:00" */
  dayStarts: string
  dayEnds: string
  comment: string
}

const decimal = (value: number) => String(Math.round(value * 100) / 100).replace('.', ',')

export function number(text: string): number {
  const value = Number(text.trim().replace(',', '.'))
  return text.trim() !== '' && Number.isFinite(value) && value >= 0 ? value : Number.NaN
}

const clock = (minutes: number) =>
  `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`

function minutes(text: string): number {
  const [hours, rest] = text.split(':').map(Number)
  return (hours ?? 0) * 60 + (rest ?? 0)
}

function pick<Names extends readonly string[]>(names: Names, from: object | undefined): Texts<Names> {
  const known = (from ?? {}) as Record<string, unknown>
  return Object.fromEntries(names.map((name) => [name, String(known[name] ?? '')])) as Texts<Names>
}

export function policyDraft(policy: Policy, city = policy.city): PolicyDraft {
  const { limits } = policy
  return {
    city,
    // A city of its own begins with its first version.
    version: city === policy.city ? policy.version : 0,
    priceWithoutApproval: limits?.priceWithoutApproval?.kopecks,
    sbpMax: limits?.sbpMax?.kopecks,
    deviation: decimal((limits?.marketDeviationBp ?? 0) / 100),
    freshness: decimal(Number(limits?.checkFreshnessSecs ?? 0n) / 3600),
    bargainRounds: String(limits?.bargainRounds ?? 0),
    paperRounds: String(limits?.paperRounds ?? 0),
    photoKm: String(limits?.photoKm ?? 0),
    deadlines: Object.fromEntries(
      policy.deadlines.map((deadline) => [deadline.name, decimal(Number(deadline.secs) / 3600)]),
    ),
    entity: pick(ENTITY, policy.legalEntity),
    site: pick(SITE, policy.site),
    stages: pick(STAGES, policy.stages),
    timeZone: policy.timeZone,
    dayStarts: clock(policy.dayStartsMin),
    dayEnds: clock(policy.dayEndsMin),
    comment: '',
  }
}

/** Names of fields that hold no number. */
export function wrongNumbers(draft: PolicyDraft): string[] {
  const fields: [string, string][] = [
    ['deviation', draft.deviation],
    ['freshness', draft.freshness],
    ['bargainRounds', draft.bargainRounds],
    ['paperRounds', draft.paperRounds],
    ['photoKm', draft.photoKm],
    ...Object.entries(draft.deadlines),
  ]
  return fields.filter(([, text]) => Number.isNaN(number(text))).map(([name]) => name)
}

/** Seconds of "1,5" hours; whole seconds, so that what was not touched comes back as it was. */
const seconds = (hours: string) => BigInt(Math.round(number(hours) * 3600))

export function policyMessage(draft: PolicyDraft, known: Policy): MessageInitShape<typeof PolicySchema> {
  // A deadline shown as rounded hours and left alone keeps its seconds.
  const untouched = policyDraft(known, draft.city)
  return {
    city: draft.city,
    version: draft.version,
    limits: {
      priceWithoutApproval: { kopecks: draft.priceWithoutApproval ?? 0n },
      sbpMax: { kopecks: draft.sbpMax ?? 0n },
      marketDeviationBp: Math.round(number(draft.deviation) * 100),
      checkFreshnessSecs:
        draft.freshness === untouched.freshness
          ? (known.limits?.checkFreshnessSecs ?? 0n)
          : seconds(draft.freshness),
      bargainRounds: number(draft.bargainRounds),
      paperRounds: number(draft.paperRounds),
      photoKm: number(draft.photoKm),
    },
    deadlines: known.deadlines.map((deadline) => {
      const text = draft.deadlines[deadline.name] ?? ''
      return {
        name: deadline.name,
        secs: text === untouched.deadlines[deadline.name] ? deadline.secs : seconds(text),
      }
    }),
    legalEntity: draft.entity,
    site: { ...draft.site, city: draft.city || (known.site?.city ?? '') },
    stages: draft.stages,
    timeZone: draft.timeZone,
    dayStartsMin: minutes(draft.dayStarts),
    dayEndsMin: minutes(draft.dayEnds),
    comment: draft.comment,
  }
}
