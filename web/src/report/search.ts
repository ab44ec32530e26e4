import { text } from '@/ui/search'

/** Period (ISO days, both included) and city of the reports. */
export interface ReportSearch {
  from?: string
  to?: string
  city?: string
}

export function reportSearch(raw: Record<string, unknown>): ReportSearch {
  return { from: text(raw, 'from'), to: text(raw, 'to'), city: text(raw, 'city') }
}
