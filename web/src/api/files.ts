// Files of a run: read with the access token, written in parts that can be taken up again.

import { session } from '@/session/session'
import { inspections } from './transport'

export interface StoredFile {
  id: string
  kind: string
  content_type: string
  size: number
  sha256: string
}

/** An HTTP refusal in the server's words. */
export class FileError extends Error {
  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message)
  }
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
  if (!answer.ok) throw new FileError((await answer.text()) || answer.statusText, answer.status)
  return answer.blob()
}

/** Bytes of one part: short enough to pass over a bad network between two cuts. */
const PART = 512 * 1024

export interface Upload {
  buyoutId: string
  kind: 'PHOTO' | 'SCAN'
  file: Blob
  onProgress?: (sent: number, total: number) => void
  signal?: AbortSignal
}

/**
 * Uploads one file and gives what was stored. A cut connection is taken up where the server says it stands,
 * up to five times in a row without progress.
 */
export async function uploadFile({ buyoutId, kind, file, onProgress, signal }: Upload): Promise<StoredFile> {
  const ticket = await inspections.createUploadTicket({ buyoutId, kind }, { signal })
  if (BigInt(file.size) > ticket.maxBytes) {
    throw new FileError(
      `Файл больше ${Math.floor(Number(ticket.maxBytes) / 1_048_576)} МБ. Уменьшите его и загрузите снова.`,
      413,
    )
  }
  let offset = 0
  let failures = 0
  for (;;) {
    try {
      const end = Math.min(offset + PART, file.size)
      const last = end === file.size
      const answer = await ask(ticket.uploadPath, {
        method: 'PATCH',
        body: file.slice(offset, end),
        headers: {
          'content-type': 'application/partial-upload',
          'upload-offset': String(offset),
          ...(last ? { 'upload-complete': '?1' } : {}),
        },
        signal,
      })
      if (answer.ok) {
        offset = end
        failures = 0
        onProgress?.(offset, file.size)
        if (last) return (await answer.json()) as StoredFile
        continue
      }
      // Our count and the server's differ: a part arrived whose answer did not.
      if (answer.status !== 409 && answer.status < 500) {
        throw new FileError((await answer.text()) || answer.statusText, answer.status)
      }
      failures += 1
      if (failures > 5) throw new FileError((await answer.text()) || answer.statusText, answer.status)
    } catch (error) {
      if (error instanceof FileError || signal?.aborted) throw error
      failures += 1
      if (failures > 5) throw error
    }
    await new Promise((resolve) => setTimeout(resolve, 400 * 2 ** failures))
    offset = await standing(ticket.uploadPath, offset)
  }
}

async function standing(path: string, otherwise: number): Promise<number> {
  try {
    const answer = await ask(path, { method: 'HEAD' })
    const told = Number(answer.headers.get('upload-offset'))
    return answer.ok && Number.isSafeInteger(told) ? told : otherwise
  } catch {
    return otherwise
  }
}
