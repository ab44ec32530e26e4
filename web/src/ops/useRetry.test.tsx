import { createRouterTransport } from '@connectrpc/connect'
import { TransportProvider } from '@connectrpc/connect-query'
import { act, cleanup, renderHook, waitFor } from '@testing-library/react'
import type { ReactNode } from 'react'
import { afterEach, describe, expect, it } from 'vitest'

import { OpsService, type RetryBatchRequest } from '@/gen/kite/ops/v1/ops_pb'
import { EVERYTHING } from './retry'
import { useRetry } from './useRetry'

/** A server that tells two items and, once it is let, the report. */
function server() {
  const asked: RetryBatchRequest[] = []
  let left = false
  let release = () => undefined as void
  const gate = new Promise<void>((resolve) => (release = resolve))
  const transport = createRouterTransport(({ service }) => {
    service(OpsService, {
      async *retryBatch(request, context) {
        asked.push(request)
        const outcome = request.dryRun ? 'WOULD_RETRY' : 'RETRIED'
        context.signal.addEventListener('abort', () => (left = true))
        for (const name of ['fssp.search_person', 'avtocod.report']) {
          yield { event: { case: 'item' as const, value: { name, outcome } } }
        }
        if (!request.dryRun) await gate
        yield { event: { case: 'report' as const, value: { retried: 2, dryRun: request.dryRun } } }
      },
    })
  })
  const wrapper = ({ children }: { children: ReactNode }) => (
    <TransportProvider transport={transport}>{children}</TransportProvider>
  )
  return { asked, wrapper, release: () => release(), left: () => left }
}

describe('a batch of retries', () => {
  afterEach(cleanup)

  it('is checked without doing anything, then done and told one by one', async () => {
    const { asked, wrapper, release } = server()
    const { result } = renderHook(useRetry, { wrapper })
    const filter = { ...EVERYTHING, partners: ['fssp'] }
    act(() => result.current.check(filter))
    await waitFor(() => expect(result.current.checked?.batch.report).toBeDefined())
    expect(asked.map(({ dryRun }) => dryRun)).toEqual([true])
    expect(result.current.checked?.filter).toBe(filter)
    act(() => result.current.go(filter))
    await waitFor(() => expect(result.current.done?.items).toHaveLength(2))
    expect(result.current.busy).toBe('retrying')
    expect(result.current.done?.report).toBeUndefined()
    release()
    await waitFor(() => expect(result.current.busy).toBe(''))
    expect(result.current.done?.report?.retried).toBe(2)
    // What was checked waits no more: another check has to come first.
    await waitFor(() => expect(result.current.checked).toBeUndefined())
    expect(asked.map(({ dryRun }) => dryRun)).toEqual([true, false])
  })

  it('ends when somebody stops it, and what was told stays', async () => {
    const { wrapper, left } = server()
    const { result } = renderHook(useRetry, { wrapper })
    act(() => result.current.go(EVERYTHING))
    await waitFor(() => expect(result.current.done?.items).toHaveLength(2))
    act(() => result.current.stop())
    await waitFor(() => expect(result.current.stopped).toBe(true))
    expect(result.current.error).toBeUndefined()
    expect(result.current.done?.items).toHaveLength(2)
    expect(left()).toBe(true)
  })

  it('ends with the tab that shows it', async () => {
    const { wrapper, left } = server()
    const { result, unmount } = renderHook(useRetry, { wrapper })
    act(() => result.current.go(EVERYTHING))
    await waitFor(() => expect(result.current.done?.items).toHaveLength(2))
    unmount()
    await waitFor(() => expect(left()).toBe(true))
  })
})
