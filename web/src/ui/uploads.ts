// Files on their way to the server: one queue for the page, so that they go one by one and outlive the form
// that chose them. A form takes up what arrived when it is shown again.

import { useMemo, useSyncExternalStore } from 'react'

import { uploadFile, type Upload } from '@/api/files'
import { problem } from '@/api/errors'
import { session } from '@/session/session'
import { keepFile } from './fileCache'
import { shrink } from './resize'

export interface UploadItem {
  key: string
  /** Where the file belongs: "inspect:<task>/photo/FRONT_LEFT". */
  slot: string
  name: string
  /** What was chosen, for a picture of it. */
  file: Blob
  state: 'waiting' | 'sending' | 'stalled' | 'refused' | 'done'
  /** 0 to 1. */
  progress: number
  /** Why it was not taken. */
  error: string
  id: string
}

interface Job extends UploadItem {
  buyoutId: string
  kind: Upload['kind']
  stop: AbortController
}

export interface Chosen {
  slot: string
  buyoutId: string
  kind: Upload['kind']
}

export class Uploads {
  private jobs: Job[] = []
  private listeners = new Set<() => void>()
  private running = false

  constructor(
    private readonly send: (upload: Upload) => Promise<string> = uploadFile,
    private readonly prepare: (file: Blob) => Promise<Blob> = shrink,
  ) {}

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  items = (): readonly UploadItem[] => this.jobs

  add(chosen: Chosen, files: File[]): void {
    const jobs = files.map((file): Job => ({
      ...chosen,
      key: crypto.randomUUID(),
      name: file.name,
      file,
      state: 'waiting',
      progress: 0,
      error: '',
      id: '',
      stop: new AbortController(),
    }))
    this.become([...this.jobs, ...jobs])
    void this.run()
  }

  /** Calls an upload off, or forgets one that was refused. */
  remove(key: string): void {
    this.jobs.find((job) => job.key === key)?.stop.abort()
    this.become(this.jobs.filter((job) => job.key !== key))
  }

  retry(key: string): void {
    this.change(key, { state: 'waiting', error: '', progress: 0 })
    void this.run()
  }

  /** Ids of what arrived for a slot; each is given once. */
  take(slot: string): string[] {
    const done = this.jobs.filter((job) => job.slot === slot && job.state === 'done')
    if (done.length === 0) return []
    this.become(this.jobs.filter((job) => !done.includes(job)))
    return done.map((job) => job.id)
  }

  clear(): void {
    for (const job of this.jobs) job.stop.abort()
    this.become([])
  }

  private async run(): Promise<void> {
    if (this.running) return
    this.running = true
    try {
      for (;;) {
        const job = this.jobs.find((each) => each.state === 'waiting')
        if (!job) return
        await this.upload(job)
      }
    } finally {
      this.running = false
    }
  }

  private async upload({ key, buyoutId, kind, file, stop }: Job): Promise<void> {
    this.change(key, { state: 'sending' })
    try {
      const prepared = await this.prepare(file)
      if (stop.signal.aborted) return
      const id = await this.send({
        buyoutId,
        kind,
        file: prepared,
        signal: stop.signal,
        onProgress: (sent, total) => this.change(key, { progress: total > 0 ? sent / total : 1 }),
        onStall: (stalled) => this.change(key, { state: stalled ? 'stalled' : 'sending' }),
      })
      keepFile(id, prepared)
      this.change(key, { state: 'done', progress: 1, id })
    } catch (error) {
      if (!stop.signal.aborted) this.change(key, { state: 'refused', error: problem(error).text })
    }
  }

  private change(key: string, to: Partial<UploadItem>): void {
    if (!this.jobs.some((job) => job.key === key)) return
    this.become(this.jobs.map((job) => (job.key === key ? { ...job, ...to } : job)))
  }

  private become(jobs: Job[]): void {
    this.jobs = jobs
    for (const listener of this.listeners) listener()
  }
}

export const uploads = new Uploads()

/** Uploads of one slot, or of all whose slot begins so. */
export function useUploads(slot: string, beginning = false): UploadItem[] {
  const items = useSyncExternalStore(uploads.subscribe, uploads.items)
  return useMemo(
    () => items.filter((item) => (beginning ? item.slot.startsWith(slot) : item.slot === slot)),
    [items, slot, beginning],
  )
}

/** How many files of a slot, or of all whose slot begins so, have not arrived. */
export function useUnfinished(slot: string, beginning = false): number {
  return useUploads(slot, beginning).filter(isUnderWay).length
}

function isUnderWay({ state }: UploadItem): boolean {
  return state !== 'done' && state !== 'refused'
}

// A reload would lose what has not arrived.
window.addEventListener('beforeunload', (event) => {
  if (uploads.items().some(isUnderWay)) event.preventDefault()
})
// Nothing of one person is sent in the name of the next.
session.subscribe(() => {
  if (session.state().kind === 'out') uploads.clear()
})
