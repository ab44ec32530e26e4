// What people may do about a run, split into what the reader may and what others may.

import type { AllowedAction } from '@/gen/kite/ops/v1/ops_pb'

export interface Allowed {
  mine: AllowedAction[]
  others: AllowedAction[]
}

export function split(actions: AllowedAction[]): Allowed {
  return { mine: actions.filter(({ mine }) => mine), others: actions.filter(({ mine }) => !mine) }
}
