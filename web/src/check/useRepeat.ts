import { useCallback, useState } from 'react'

import { problem } from '@/api/errors'
import { readAgain } from '@/api/queries'
import { buyouts } from '@/api/transport'
import { useMe } from '@/session/use'
import type { Buyout } from '@/gen/kite/buyout/v1/buyout_pb'
import { done, failed } from '@/ui/notify'

/** Asks sources once more. The same request id is sent until the server has answered. */
export function useRepeat(buyout: Buyout): {
  allowed: boolean
  busy: boolean
  repeat: (kinds: readonly string[]) => Promise<void>
} {
  const me = useMe()
  const id = buyout.summary?.id ?? ''
  const [busy, setBusy] = useState(false)
  const [request, setRequest] = useState(() => crypto.randomUUID())
  const repeat = useCallback(
    async (kinds: readonly string[]) => {
      setBusy(true)
      try {
        const answer = await buyouts.repeatChecks({ id, kinds: [...kinds], requestId: request })
        if (answer.message !== '') done(answer.message)
        setRequest(crypto.randomUUID())
        readAgain()
      } catch (error) {
        failed(error)
        if (!problem(error).passing) setRequest(crypto.randomUUID())
      } finally {
        setBusy(false)
      }
    },
    [id, request],
  )
  const allowed = me.may('kite.buyout.v1.BuyoutService/RepeatChecks') && !buyout.summary?.endedAt
  return { allowed, busy, repeat }
}
