// Runs that a held partner stops, as their own words for what they wait for tell.

import type { BuyoutSummary } from '@/gen/kite/buyout/v1/buyout_pb'

const HELD = 'партнёр остановлен: '

/** Titles of the partners for whose release a run waits, as one text; empty when it waits for something else. */
export function heldPartners(waitingFor: string): string {
  return waitingFor.startsWith(HELD) ? waitingFor.slice(HELD.length) : ''
}

/** Runs that wait for a partner of that title; titles have commas of their own. */
export function waitsFor(runs: BuyoutSummary[], title: string): BuyoutSummary[] {
  return runs.filter((run) => `, ${heldPartners(run.waitingFor)}, `.includes(`, ${title}, `))
}
