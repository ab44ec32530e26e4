import { createClient } from '@connectrpc/connect'
import { useTransport } from '@connectrpc/connect-query'
import { useEffect, useRef, useState } from 'react'

import { readAgain } from '@/api/queries'
import { OpsService } from '@/gen/kite/ops/v1/ops_pb'
import { grown, NOTHING_YET, request, type Batch, type Filter } from './retry'

export interface Retry {
  /** What a check of that filter found. */
  checked?: { filter: Filter; batch: Batch }
  /** What was tried, while it goes on and after it. */
  done?: Batch
  busy: '' | 'checking' | 'retrying'
  /** Somebody stopped it. */
  stopped: boolean
  error: unknown
  check: (filter: Filter) => void
  go: (filter: Filter) => void
  stop: () => void
}

/** A batch of retries: a check that does nothing, then the thing itself, told one by one. */
export function useRetry(): Retry {
  const client = createClient(OpsService, useTransport())
  const [checked, setChecked] = useState<Retry['checked']>()
  const [done, setDone] = useState<Batch>()
  const [busy, setBusy] = useState<Retry['busy']>('')
  const [stopped, setStopped] = useState(false)
  const [error, setError] = useState<unknown>()
  const running = useRef<AbortController>(undefined)
  // The server stops when nobody listens any more.
  useEffect(() => () => running.current?.abort(), [])

  const follow = async (filter: Filter, dryRun: boolean, told: (batch: Batch) => void) => {
    const stop = new AbortController()
    running.current = stop
    setBusy(dryRun ? 'checking' : 'retrying')
    setStopped(false)
    setError(undefined)
    let batch = NOTHING_YET
    try {
      const stream = client.retryBatch(request(filter, dryRun), { signal: stop.signal, timeoutMs: 0 })
      for await (const message of stream) {
        batch = grown(batch, message)
        told(batch)
      }
    } catch (failed) {
      if (stop.signal.aborted) setStopped(true)
      else setError(failed)
    } finally {
      setBusy('')
    }
  }
  return {
    checked,
    done,
    busy,
    stopped,
    error,
    check: (filter) => {
      setDone(undefined)
      setChecked(undefined)
      void follow(filter, true, (batch) => setChecked({ filter, batch }))
    },
    go: (filter) => {
      setDone(NOTHING_YET)
      void follow(filter, false, setDone).then(() => {
        // What was checked is not what waits any more.
        setChecked(undefined)
        readAgain()
      })
    },
    stop: () => running.current?.abort(),
  }
}
