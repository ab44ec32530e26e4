// Files that were read or have just been uploaded. A stored file never changes, so its id is enough.

import { useCallback, useEffect, useState } from 'react'

import { readFile, readThumb } from '@/api/files'
import { session } from '@/session/session'

/** Bytes kept; the ones not asked for longest go first. */
const ROOM = 96 * 1024 * 1024

const kept = new Map<string, Promise<Blob>>()
const sizes = new Map<string, number>()

export function keepFile(id: string, blob: Blob): void {
  kept.set(id, Promise.resolve(blob))
  sizes.set(id, blob.size)
  makeRoom()
}

export function fileOf(id: string): Promise<Blob> {
  return keptOr(id, () => readFile(id))
}

/** The small version; of a file that is here anyway (just uploaded, or looked at) the whole. */
export function thumbOf(id: string): Promise<Blob> {
  return kept.has(id) ? fileOf(id) : keptOr(`${id}?thumb`, () => readThumb(id))
}

function keptOr(id: string, read: () => Promise<Blob>): Promise<Blob> {
  const found = kept.get(id)
  if (found) {
    kept.delete(id)
    kept.set(id, found)
    return found
  }
  const reading = read()
  kept.set(id, reading)
  reading.then(
    (blob) => {
      sizes.set(id, blob.size)
      makeRoom()
    },
    () => kept.delete(id),
  )
  return reading
}

function makeRoom(): void {
  let held = [...sizes.values()].reduce((sum, size) => sum + size, 0)
  for (const id of [...kept.keys()]) {
    if (held <= ROOM) return
    const size = sizes.get(id)
    if (size === undefined) continue
    held -= size
    sizes.delete(id)
    kept.delete(id)
  }
}

session.subscribe(() => {
  if (session.state().kind === 'out') {
    kept.clear()
    sizes.clear()
  }
})

export interface ReadFile {
  url?: string
  type: string
  blob?: Blob
  error?: unknown
  retry: () => void
}

/** A file as an address for an image or a frame; the address ends with the component. */
export function useFile(id: string, wanted = true, of = fileOf): ReadFile {
  const [read, setRead] = useState<{ id: string; blob?: Blob; url?: string; error?: unknown }>({ id })
  const [attempt, setAttempt] = useState(0)
  useEffect(() => {
    if (!wanted || id === '') return
    let gone = false
    let url = ''
    of(id).then(
      (blob) => {
        if (gone) return
        url = URL.createObjectURL(blob)
        setRead({ id, blob, url })
      },
      (error: unknown) => {
        if (!gone) setRead({ id, error })
      },
    )
    return () => {
      gone = true
      if (url !== '') URL.revokeObjectURL(url)
    }
  }, [id, wanted, attempt, of])
  const retry = useCallback(() => {
    setRead({ id })
    setAttempt((count) => count + 1)
  }, [id])
  const now = read.id === id ? read : undefined
  return { url: now?.url, type: now?.blob?.type ?? '', blob: now?.blob, error: now?.error, retry }
}
