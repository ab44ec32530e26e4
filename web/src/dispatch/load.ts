// Whom to send: the order in which inspectors are offered.

import type { Inspector } from '@/gen/kite/inspection/v1/inspection_pb'

/** Who is here and has least to do today comes first; whoever is absent comes last. */
export function byLoad(inspectors: Inspector[]): Inspector[] {
  return inspectors.toSorted(
    (one, other) =>
      Number(one.absent) - Number(other.absent) ||
      one.dueToday - other.dueToday ||
      one.openInspections - other.openInspections ||
      (one.person?.name ?? '').localeCompare(other.person?.name ?? '', 'ru'),
  )
}

/** Load against the busiest one, 0 to 100, for a bar. */
export function share(inspector: Inspector, all: Inspector[]): number {
  const most = Math.max(1, ...all.map((each) => each.openInspections))
  return Math.round((inspector.openInspections / most) * 100)
}
