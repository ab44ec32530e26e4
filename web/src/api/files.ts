// Files of a run: read with the access token, written in parts that can be taken up again.

import { Code } from '@connectrpc/connect'

import { session } from '@/session/session'
import { isNetwork, problem } from './errors'
import { inspections } from './transport'

/** An HTTP refusal in the server's words. */
export class FileError extends Error {
  constructor(
    message: string,
    readonly status: number,
    /** TYPE, TOO_LARGE, IMAGE, TICKET, CUT, …; empty when something in between answered. */
    readonly code = '',
    /** Of a file without a small version: what it is. */
    readonly contentType = '',
  ) {
    super(message)
  }
}

/** The server refuses as {"code", "message"}; whatever stands in between answers as it likes. */
async function refusal(answer: Response): Promise<FileError> {
  const text = await answer.text().catch(() => '')
  try {
    const told: unknown = JSON.parse(text)
    if (typeof told === 'object' && told !== null && 'message' in told) {
      return new FileError(
        String(told.message),
        answer.status,
        'code' in told && typeof told.code === 'string' ? told.code : '',
        'content_type' in told && typeof told.content_type === 'string' ? told.content_type : '',
      )
    }
  } catch {
    // No JSON: not our gateway's own answer.
  }
  return new FileError(`Сервер не ответил как надо (код ${answer.status}).`, answer.status)
}

async function ask(path: string, init: RequestInit): Promise<Response> {
  if (session.isStale()) await session.renew()
  const send = () => {
    const headers = new Headers(init.headers)
    headers.set('authorization', `Bearer ${session.token()}`)
    return fetch(path, { ...init, headers })
  }
  let answer = await send()
  if (answer.status === 401 && (await session.renew())) answer = await send()
  return answer
}

export async function readFile(id: string, signal?: AbortSignal): Promise<Blob> {
  const answer = await ask(`/files/${encodeURIComponent(id)}`, { signal })
  if (!answer.ok) throw await refusal(answer)
  return answer.blob()
}

/** Everything that is known of a run as one signed archive, with the name that the server gave it. */
export async function readEvidence(runId: string): Promise<{ name: string; file: Blob }> {
  const answer = await ask(`/evidence/${encodeURIComponent(runId)}`, {})
  if (!answer.ok) throw await refusal(answer)
  const named = /filename="([^"]+)"/.exec(answer.headers.get('content-disposition') ?? '')
  return { name: named?.[1] ?? 'evidence.tar', file: await answer.blob() }
}

/** The small version of an image; of any other file nothing but its type. */
export async function readThumb(id: string): Promise<Blob> {
  const answer = await ask(`/files/${encodeURIComponent(id)}?size=thumb`, {})
  if (answer.ok) return answer.blob()
  const refused = await refusal(answer)
  if (refused.code !== 'NO_THUMB') throw refused
  return new Blob([], { type: refused.contentType })
}

/** Bytes of one part: short enough to pass over a bad network between two cuts. */
const PART = 512 * 1024
/** A part that takes longer hangs on a dead connection. */
const PART_MS = 90_000
/** Attempts in a row without progress. */
const PATIENCE = 5
const LONGEST_PAUSE = 15_000

export interface Upload {
  buyoutId: string
  kind: 'PHOTO' | 'SCAN'
  file: Blob
  onProgress?: (sent: number, total: number) => void
  /** The network is away (true) or back; without it an upload gives up after a while. */
  onStall?: (stalled: boolean) => void
  signal?: AbortSignal
  /** First pause after a failure; tests shorten it. */
  pauseMs?: number
}

/** Uploads one file and gives its id. An upload permission that ran out on the way is asked for anew. */
export async function uploadFile(upload: Upload): Promise<string> {
  for (let anew = 0; ; anew += 1) {
    try {
      return await new Transfer(upload).run()
    } catch (error) {
      if (!isGone(error) || anew >= 2) throw error
    }
  }
}

/** One permission, used until the file is there. */
class Transfer {
  private path = ''
  private offset = 0
  private failures = 0

  constructor(private readonly upload: Upload) {}

  async run(): Promise<string> {
    for (;;) {
      try {
        const id = this.path === '' ? await this.begin() : await this.part()
        if (id !== undefined) return id
      } catch (error) {
        if (this.upload.signal?.aborted) throw error
        // A used permission is gone for parts, yet tells where the file is.
        if (this.path === '' || !isGone(error)) await this.wait(error)
        if (this.upload.signal?.aborted) throw error
        const id = this.path === '' ? undefined : await this.standing()
        if (id !== undefined) return id
        if (isGone(error)) throw error
      }
    }
  }

  private async begin(): Promise<undefined> {
    const { buyoutId, kind, file, signal } = this.upload
    const ticket = await inspections.createUploadTicket({ buyoutId, kind }, { signal })
    if (BigInt(file.size) > ticket.maxBytes) {
      const most = Math.floor(Number(ticket.maxBytes) / 1_048_576)
      throw new FileError(`Файл больше ${most} МБ. Уменьшите его и загрузите снова.`, 413, 'TOO_LARGE')
    }
    this.path = ticket.uploadPath
    this.moved(0)
  }

  /** Sends the next bytes; gives the id of the file after the last ones. */
  private async part(): Promise<string | undefined> {
    const { file } = this.upload
    const end = Math.min(this.offset + PART, file.size)
    const last = end === file.size
    const answer = await this.timed((signal) =>
      ask(this.path, {
        method: 'PATCH',
        body: file.slice(this.offset, end),
        headers: {
          'content-type': 'application/partial-upload',
          'upload-offset': String(this.offset),
          ...(last ? { 'upload-complete': '?1' } : {}),
        },
        signal,
      }),
    )
    if (!answer.ok) throw await refusal(answer)
    if (last) {
      const stored = (await answer.json()) as { file: { id: string } }
      this.moved(end)
      return stored.file.id
    }
    this.moved(end)
    return undefined
  }

  /**
   * Asks where the upload stands: a part may have arrived whose answer did not, and it may have been the
   * last one. Then the file is there, and its place is told instead of an offset.
   */
  private async standing(): Promise<string | undefined> {
    let answer: Response
    try {
      answer = await this.timed((signal) => ask(this.path, { method: 'HEAD', signal }))
    } catch {
      // Unreachable still: the next part will say so.
      return undefined
    }
    if (answer.status === 410) {
      throw new FileError('Разрешение на загрузку истекло. Файл остался у вас, загрузите его снова.', 410)
    }
    if (!answer.ok) return undefined
    const place = answer.headers.get('location')
    const told = answer.headers.get('upload-offset')
    if (told === null && place !== null) return decodeURIComponent(place.split('/').pop() ?? '')
    const offset = told === null ? NaN : Number(told)
    if (Number.isSafeInteger(offset) && offset >= 0 && offset <= this.upload.file.size) {
      if (offset > this.offset) this.moved(offset)
      this.offset = offset
    }
    return undefined
  }

  private moved(offset: number): void {
    this.offset = offset
    this.failures = 0
    this.upload.onStall?.(false)
    this.upload.onProgress?.(offset, this.upload.file.size)
  }

  /** Pauses before the next attempt, or gives up. */
  private async wait(error: unknown): Promise<void> {
    const away = isAway(error)
    if (!away && !isPassing(error)) throw error
    this.failures += 1
    const patient = away && this.upload.onStall !== undefined
    if (!patient && this.failures > PATIENCE) throw error
    if (patient && this.failures > 1) this.upload.onStall?.(true)
    const pause = (this.upload.pauseMs ?? 500) * 2 ** Math.min(this.failures, 6)
    await sleep(Math.min(pause, LONGEST_PAUSE), this.upload.signal)
  }

  private async timed(call: (signal: AbortSignal) => Promise<Response>): Promise<Response> {
    const cut = new AbortController()
    const end = () => cut.abort()
    const timer = setTimeout(end, PART_MS)
    this.upload.signal?.addEventListener('abort', end)
    try {
      return await call(cut.signal)
    } finally {
      clearTimeout(timer)
      this.upload.signal?.removeEventListener('abort', end)
    }
  }
}

function isGone(error: unknown): boolean {
  return error instanceof FileError && error.status === 410
}

/** Nobody answered, or the person has to sign in again: it passes without the file being at fault. */
function isAway(error: unknown): boolean {
  if (error instanceof FileError) return error.status === 401
  if (error instanceof DOMException) return error.name === 'AbortError'
  return isNetwork(error) || problem(error).code === Code.Unauthenticated
}

/** The server may take the very same bytes later. */
function isPassing(error: unknown): boolean {
  if (!(error instanceof FileError)) return problem(error).passing
  // 409: our count and the server's differ. 400 CUT: a part that broke off on its way.
  return error.status >= 500 || [408, 409, 425, 429].includes(error.status) || error.code === 'CUT'
}

/** Waits; the return of the network or a cancellation ends it early. */
function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(end, ms)
    function end() {
      clearTimeout(timer)
      window.removeEventListener('online', end)
      signal?.removeEventListener('abort', end)
      resolve()
    }
    window.addEventListener('online', end)
    signal?.addEventListener('abort', end)
  })
}
