// The period of a report: days in the address, moments on the wire.

import { timestampFromDate } from '@bufbuild/protobuf/wkt'

import type { ReportSearch } from './search'

const DAY = 86_400_000

/** "2026-11-24" of a moment here. */
export function dayOf(at: Date): string {
  const pad = (value: number) => String(value).padStart(2, '0')
  return `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}`
}

function midnight(day: string): Date | undefined {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day)
  if (!match) return undefined
  const date = new Date(Number(match[1]), Number(match[2]) - 1, Number(match[3]))
  return dayOf(date) === day ? date : undefined
}

/** The last days up to today. */
export function lastDays(days: number, now = new Date()): { from: string; to: string } {
  return { from: dayOf(new Date(now.getTime() - (days - 1) * DAY)), to: dayOf(now) }
}

/** Both days are included; undefined when they make no period that the server takes. */
export function period(search: ReportSearch, now = new Date()) {
  const fallback = lastDays(30, now)
  const from = midnight(search.from ?? fallback.from)
  const last = midnight(search.to ?? fallback.to)
  if (!from || !last) return undefined
  const to = new Date(last.getFullYear(), last.getMonth(), last.getDate() + 1)
  const days = Math.round((to.getTime() - from.getTime()) / DAY)
  if (days < 1 || days > 366) return undefined
  return { from: timestampFromDate(from), to: timestampFromDate(to), city: search.city ?? '' }
}
