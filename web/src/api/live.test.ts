import { create } from '@bufbuild/protobuf'
import { Code, ConnectError, createRouterTransport } from '@connectrpc/connect'
import { afterEach, describe, expect, it, vi } from 'vitest'

import { EventService, SubscribeResponseSchema, type Change } from '@/gen/kite/event/v1/event_pb'
import { Live, type Status } from './live'

const change = (token: string, entityId: string) =>
  create(SubscribeResponseSchema, {
    resumeToken: token,
    event: { case: 'change', value: { topic: 'TASK', entityId } },
  })

interface Heard {
  changes: string[]
  resets: number
  statuses: Status[]
}

function listen(
  subscribe: (token: string, attempt: number, signal: AbortSignal) => AsyncGenerator<unknown>,
  listChanges: (token: string) => {
    resumeToken: string
    changes?: Partial<Change>[]
    reset?: boolean
  } = () => {
    throw new ConnectError('away', Code.Unavailable)
  },
) {
  let attempts = 0
  const asked: string[] = []
  const transport = createRouterTransport(({ service }) => {
    service(EventService, {
      subscribe: (request, context) => {
        attempts += 1
        asked.push(request.resumeToken)
        return subscribe(request.resumeToken, attempts, context.signal) as never
      },
      listChanges: (request) => listChanges(request.resumeToken) as never,
    })
  })
  const heard: Heard = { changes: [], resets: 0, statuses: [] }
  const live = new Live(transport, {
    onChange: (changes) => heard.changes.push(...changes.map((each) => each.entityId)),
    onReset: () => {
      heard.resets += 1
    },
    onStatus: (status) => {
      if (heard.statuses.at(-1) !== status) heard.statuses.push(status)
    },
    watchdogMs: 60,
    patience: 3,
    pollMs: 5,
    retryStreamMs: 40,
    random: () => 0,
  })
  running.push(live)
  void live.run()
  return { heard, asked, live }
}

const running: Live[] = []
afterEach(() => running.splice(0).forEach((live) => live.close()))

const open = (signal: AbortSignal) =>
  new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))

describe('the stream of changes', () => {
  it('goes on from its token after a cut, without a gap and without a repeat', async () => {
    const { heard, asked } = listen(async function* (token, attempt, signal) {
      if (attempt === 1) {
        yield change('1', 'a')
        yield change('2', 'b')
        throw new ConnectError('cut', Code.Unavailable)
      }
      expect(token).toBe('2')
      yield change('3', 'c')
      await open(signal)
    })
    await vi.waitFor(() => expect(heard.changes).toEqual(['a', 'b', 'c']), 4_000)
    expect(asked).toEqual(['', '2'])
    expect(heard.statuses).toEqual(['connecting', 'live', 'offline', 'live'])
  })

  it('that is silent counts as dead', async () => {
    const { heard, asked } = listen(async function* (_token, attempt, signal) {
      yield change(String(attempt), `n${attempt}`)
      await open(signal)
    })
    await vi.waitFor(() => expect(heard.changes).toEqual(expect.arrayContaining(['n1', 'n2'])), 4_000)
    expect(asked[1]).toBe('1')
  })

  it('is cut when the device has no network, and tried at once when it has one again', async () => {
    const { heard, live } = listen(async function* (_token, attempt, signal) {
      yield change(String(attempt), `n${attempt}`)
      await open(signal)
    })
    await vi.waitFor(() => expect(heard.changes).toEqual(['n1']), 4_000)
    live.lost()
    expect(heard.statuses.at(-1)).toBe('offline')
    live.found()
    await vi.waitFor(() => expect(heard.changes).toEqual(['n1', 'n2']), 4_000)
    expect(heard.statuses.at(-1)).toBe('live')
  })

  it('gives way to polling when it fails again and again, and is tried again later', async () => {
    const { heard } = listen(
      async function* (_token, attempt, signal) {
        if (attempt <= 3) throw new ConnectError('a proxy buffers', Code.Unavailable)
        yield change('9', 'streamed')
        await open(signal)
      },
      (token) =>
        token === ''
          ? { resumeToken: '5' }
          : { resumeToken: '6', changes: token === '5' ? [{ topic: 'TASK', entityId: 'polled' }] : [] },
    )
    await vi.waitFor(() => expect(heard.changes).toEqual(['polled', 'streamed']), 8_000)
    expect(heard.statuses).toContain('polling')
    expect(heard.statuses.at(-1)).toBe('live')
  })

  it('says when everything has to be read again', async () => {
    const { heard } = listen(async function* (_token, _attempt, signal) {
      yield create(SubscribeResponseSchema, { resumeToken: '7', event: { case: 'reset', value: {} } })
      await open(signal)
    })
    await vi.waitFor(() => expect(heard.resets).toBe(1))
  })

  it('ends where it is not allowed', async () => {
    // eslint-disable-next-line require-yield
    const { asked } = listen(async function* () {
      throw new ConnectError('no', Code.PermissionDenied)
    })
    await vi.waitFor(() => expect(asked).toHaveLength(1))
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(asked).toHaveLength(1)
  })
})
