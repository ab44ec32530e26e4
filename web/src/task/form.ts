// What every form of a decision gets and gives. A form belongs to a noun (appraisal/AppraiseForm.tsx) and is
// found by the kind of its task in task/forms.ts.

import { create } from '@bufbuild/protobuf'
import type { MessageInitShape } from '@bufbuild/protobuf'
import { useCallback, useState } from 'react'

import { byField, problem } from '@/api/errors'
import { readAgain } from '@/api/queries'
import { tasks } from '@/api/transport'
import type { Buyout } from '@/gen/kite/buyout/v1/buyout_pb'
import { DecisionSchema, type Task } from '@/gen/kite/task/v1/task_pb'
import { done, failed } from '@/ui/notify'

export interface FormProps {
  task: Task
  buyout: Buyout
  decision: DecisionState
}

type Kind = NonNullable<MessageInitShape<typeof DecisionSchema>['kind']>

export interface DecisionState {
  /**
   * Sends a decision: true when it was accepted. A refusal is shown, its fields land in `errors`, and what
   * was typed stays.
   */
  decide: (kind: Kind) => Promise<boolean>
  busy: boolean
  /** Sentences of the last refusal by path of the API: "appraisal.stop_price". */
  errors: Record<string, string>
  /** Why this person may not decide now; empty when they may. Forms are shown read-only then. */
  refusal: string
}

/** One decision on one task; the same request id is used until the server has answered. */
export function useDecision(task: Task, accepted: (message: string) => void): DecisionState {
  const [busy, setBusy] = useState(false)
  const [errors, setErrors] = useState<Record<string, string>>({})
  const [request, setRequest] = useState(() => crypto.randomUUID())
  const decide = useCallback(
    async (kind: Kind) => {
      setBusy(true)
      setErrors({})
      try {
        const answer = await tasks.decideTask({
          id: task.id,
          version: task.version,
          requestId: request,
          decision: create(DecisionSchema, { kind }),
        })
        done(answer.message)
        readAgain()
        accepted(answer.message)
        return true
      } catch (error) {
        const told = problem(error)
        setErrors(byField(told.violations))
        failed(error)
        // Whatever did not reach the process may be sent again under the same id; a refusal is final.
        if (!told.passing) setRequest(crypto.randomUUID())
        if (told.reason === 'STALE_VERSION') readAgain()
        return false
      } finally {
        setBusy(false)
      }
    },
    [task.id, task.version, request, accepted],
  )
  return { decide, busy, errors, refusal: task.refusal }
}
