// What of the audit is looked for.

import type { MessageInitShape } from '@bufbuild/protobuf'
import { timestampFromDate, type Timestamp } from '@bufbuild/protobuf/wkt'

import type { SearchAuditRequestSchema } from '@/gen/kite/audit/v1/audit_pb'

export interface Filter {
  action: string
  person: string
  entity: string
  run: string
  chain: string
  /** Days of the reader's calendar, yyyy-mm-dd; the last one is meant as a whole. */
  from: string
  to: string
}

export const EVERYTHING: Filter = {
  action: '',
  person: '',
  entity: '',
  run: '',
  chain: '',
  from: '',
  to: '',
}

/** The beginning of a day, `plus` days later. */
function day(text: string, plus: number): Timestamp | undefined {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text)
  if (!match) return undefined
  const [year, month, date] = match.slice(1).map(Number) as [number, number, number]
  const at = new Date(year, month - 1, date + plus)
  return Number.isNaN(at.getTime()) ? undefined : timestampFromDate(at)
}

export function request(filter: Filter): MessageInitShape<typeof SearchAuditRequestSchema> {
  return {
    action: filter.action.trim(),
    personId: filter.person.trim(),
    entity: filter.entity.trim(),
    buyoutId: filter.run.trim(),
    chain: filter.chain.trim(),
    from: day(filter.from, 0),
    to: day(filter.to, 1),
  }
}

/** The detail of an entry as "name: value" lines; as it came when it is no JSON object. */
export function detailLines(detail: string): string[] {
  let read: unknown
  try {
    read = JSON.parse(detail)
  } catch {
    return detail === '' ? [] : [detail]
  }
  if (typeof read !== 'object' || read === null || Array.isArray(read)) return [detail]
  return Object.entries(read)
    .filter(([, value]) => value !== null && value !== '')
    .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
}
