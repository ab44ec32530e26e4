// What changes elsewhere reaches this tab: one stream with a resume token, and polling when streams do
// not come through.

import { createClient, Code, ConnectError, type Client, type Transport } from '@connectrpc/connect'

import { EventService, type Change } from '@/gen/kite/event/v1/event_pb'

export type Status = 'connecting' | 'live' | 'polling' | 'offline'

export interface Options {
  onChange: (changes: Change[]) => void
  /** The token was too old: everything has to be read again. */
  onReset: () => void
  onStatus: (status: Status) => void
  /** Silence after which a stream counts as dead. The server beats every 15 s. */
  watchdogMs?: number
  /** Streams that failed in a row before polling begins. */
  patience?: number
  pollMs?: number
  /** How long polling goes on before a stream is tried again. */
  retryStreamMs?: number
  random?: () => number
}

const SHORTEST = 250
const LONGEST = 15_000

export class Live {
  private readonly client: Client<typeof EventService>
  private readonly stop = new AbortController()
  private token = ''
  private failed = 0
  /** Ends the stream that is open. */
  private end: () => void = () => undefined
  /** Ends the pause that is on. */
  private wake: () => void = () => undefined

  constructor(
    transport: Transport,
    private readonly options: Options,
  ) {
    this.client = createClient(EventService, transport)
  }

  async run(): Promise<void> {
    this.options.onStatus('connecting')
    while (!this.stop.signal.aborted) {
      try {
        await this.listen()
        this.failed = 0
      } catch (error) {
        if (this.stop.signal.aborted) return
        const code = ConnectError.from(error).code
        if (code === Code.PermissionDenied || code === Code.Unimplemented) return
        this.failed += 1
        this.options.onStatus('offline')
        if (this.failed >= (this.options.patience ?? 3)) await this.poll()
        else await this.pause(this.backoff())
      }
    }
  }

  close(): void {
    this.stop.abort()
  }

  /** The device says that it has no network: an open stream may look alive for a long time then. */
  lost(): void {
    this.options.onStatus('offline')
    this.end()
  }

  /** The device has a network again: no need to wait any longer. */
  found(): void {
    this.failed = 0
    this.wake()
  }

  private async listen(): Promise<void> {
    const cut = new AbortController()
    const end = () => cut.abort()
    this.end = end
    this.stop.signal.addEventListener('abort', end)
    let watchdog: ReturnType<typeof setTimeout> | undefined
    const beat = () => {
      clearTimeout(watchdog)
      watchdog = setTimeout(end, this.options.watchdogMs ?? 40_000)
    }
    beat()
    try {
      const stream = this.client.subscribe(
        { resumeToken: this.token, topics: [] },
        { signal: cut.signal, timeoutMs: 0 },
      )
      for await (const message of stream) {
        beat()
        this.failed = 0
        this.token = message.resumeToken
        this.options.onStatus('live')
        if (message.event.case === 'change') this.options.onChange([message.event.value])
        if (message.event.case === 'reset') this.options.onReset()
      }
    } finally {
      clearTimeout(watchdog)
      this.stop.signal.removeEventListener('abort', end)
    }
  }

  /** Asks every few seconds until it is time to try a stream again. */
  private async poll(): Promise<void> {
    const until = Date.now() + (this.options.retryStreamMs ?? 60_000)
    while (!this.stop.signal.aborted && Date.now() < until && this.failed > 0) {
      try {
        const answer = await this.client.listChanges({ resumeToken: this.token, topics: [] })
        this.token = answer.resumeToken
        this.options.onStatus('polling')
        if (answer.reset) this.options.onReset()
        else if (answer.changes.length > 0) this.options.onChange(answer.changes)
      } catch {
        this.options.onStatus('offline')
      }
      await this.pause(this.options.pollMs ?? 10_000)
    }
  }

  private backoff(): number {
    const most = Math.min(LONGEST, SHORTEST * 2 ** this.failed)
    return most * (0.5 + 0.5 * (this.options.random ?? Math.random)())
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(done, ms)
      const signal = this.stop.signal
      function done() {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        resolve()
      }
      this.wake = done
      signal.addEventListener('abort', done)
    })
  }
}
