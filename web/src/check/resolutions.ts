// From what is chosen to the message of the API.

import type { MessageInitShape } from '@bufbuild/protobuf'

import type { DecisionSchema } from '@/gen/kite/task/v1/task_pb'

type Kind = NonNullable<MessageInitShape<typeof DecisionSchema>['kind']>

export type MismatchCode = 'REINSPECT' | 'ACCEPT' | 'REFUSE'
export type SourcesCode = 'ASK_AGAIN' | 'PROCEED' | 'STOP'
export type RemovalCode = 'RECHECK' | 'REFUSE'

export const mismatchDecision = (resolution: MismatchCode, reason: string): Kind => ({
  case: 'mismatch',
  value: { resolution, reason },
})

export const sourcesDecision = (resolution: SourcesCode, reason: string): Kind => ({
  case: 'sources',
  value: { resolution, reason },
})

export const removalDecision = (resolution: RemovalCode, reason: string): Kind => ({
  case: 'removal',
  value: { resolution, reason },
})
