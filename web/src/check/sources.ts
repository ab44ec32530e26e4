// Which registries are asked, under which tab, and how each of them stands.

import { timestampMs } from '@bufbuild/protobuf/wkt'

import type { Buyout, Check } from '@/gen/kite/buyout/v1/buyout_pb'
import { codesOf } from '@/ui/codes'

export const SOURCES = [
  { key: 'autoteka', kinds: ['HISTORY'] },
  { key: 'gibdd', kinds: ['WANTED', 'RESTRICTIONS', 'ACCIDENTS', 'REGISTRATION'] },
  { key: 'fssp', kinds: ['BAILIFFS'] },
  { key: 'pledge', kinds: ['PLEDGE'] },
  { key: 'epts', kinds: ['EPTS'] },
  { key: 'taxi', kinds: ['TAXI'] },
] as const

export type Source = (typeof SOURCES)[number]['key']

/** Without their answer no money is paid: CheckKind::blocks_payment_when_unknown of the domain. */
export const BLOCKING: readonly string[] = ['WANTED', 'RESTRICTIONS', 'PLEDGE', 'EPTS']

type Known = Pick<Buyout, 'checks' | 'checksRunning'>

export interface Standing {
  kind: string
  check?: Check
  /** Being asked at this moment; an earlier answer is shown meanwhile. */
  asking: boolean
  /** Answered, did not answer, or was never asked. */
  state: 'answered' | 'silent' | 'unasked'
}

export function standing({ checks, checksRunning }: Known, kind: string): Standing {
  const check = checks.find((each) => each.kind === kind)
  return {
    kind,
    check,
    asking: checksRunning.includes(kind),
    state: !check ? 'unasked' : check.outcome === 'UNKNOWN' ? 'silent' : 'answered',
  }
}

const WORST = ['CLEAR', 'ATTENTION', 'UNKNOWN', 'REMOVABLE', 'FATAL']

/** The gravest outcome of several kinds; undefined when none of them was asked. */
export function worst(known: Known, kinds: readonly string[]): string | undefined {
  const found = kinds.flatMap((kind) => standing(known, kind).check?.outcome ?? [])
  return found.sort((a, b) => WORST.indexOf(b) - WORST.indexOf(a))[0]
}

/** The tab that is looked at first: where the gravest finding is. */
export function gravest(known: Known): Source {
  const ranked = SOURCES.map(({ key, kinds }) => ({ key, rank: WORST.indexOf(worst(known, kinds) ?? '') }))
  return ranked.reduce((best, each) => (each.rank > best.rank ? each : best)).key
}

export interface Silent {
  kind: string
  /** When it was asked last without an answer; absent when it was never asked. */
  since?: Check['takenAt']
  why: string[]
  blocks: boolean
  asking: boolean
}

/** Kinds without an answer, those that block a payment first, then by how long they are silent. */
export function silent(known: Known): Silent[] {
  return codesOf('check')
    .map((kind) => standing(known, kind))
    .filter((each) => each.state !== 'answered')
    .map(({ kind, check, asking }) => ({
      kind,
      since: check?.takenAt,
      why: check?.findings ?? [],
      blocks: BLOCKING.includes(kind),
      asking,
    }))
    .sort((a, b) => Number(b.blocks) - Number(a.blocks) || at(a) - at(b))
}

function at({ since }: Silent): number {
  return since ? timestampMs(since) : Number.MAX_SAFE_INTEGER
}
