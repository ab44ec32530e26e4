import { describe, expect, it, vi } from 'vitest'

import { FileError, type Upload } from '@/api/files'
import { Uploads } from './uploads'

const file = (name: string) => new File(['x'], name, { type: 'image/jpeg' })
const chosen = { slot: 'inspect:1/photo', buyoutId: 'b', kind: 'PHOTO' as const }

/** Uploads that end when the test says so. */
function server() {
  const running: { upload: Upload; done: (id: string) => void; refuse: (error: unknown) => void }[] = []
  const send = (upload: Upload) =>
    new Promise<string>((done, refuse) => {
      running.push({ upload, done, refuse })
      upload.signal?.addEventListener('abort', () => refuse(new DOMException('off', 'AbortError')))
    })
  const uploads = new Uploads(send, (blob) => Promise.resolve(blob))
  return { running, uploads, states: () => uploads.items().map((item) => item.state) }
}

describe('the queue of uploads', () => {
  it('sends one after another and gives each id once', async () => {
    const { running, uploads, states } = server()
    uploads.add(chosen, [file('a'), file('b')])
    await vi.waitFor(() => expect(running).toHaveLength(1))
    expect(states()).toEqual(['sending', 'waiting'])
    running[0]?.upload.onProgress?.(1, 4)
    expect(uploads.items()[0]?.progress).toBe(0.25)
    running[0]?.done('f1')
    await vi.waitFor(() => expect(running).toHaveLength(2))
    expect(uploads.take('elsewhere')).toEqual([])
    expect(uploads.take(chosen.slot)).toEqual(['f1'])
    expect(uploads.take(chosen.slot)).toEqual([])
    running[1]?.done('f2')
    await vi.waitFor(() => expect(states()).toEqual(['done']))
    // Nobody was there to take it: it waits for the form.
    expect(uploads.take(chosen.slot)).toEqual(['f2'])
  })

  it('goes on after one that was refused, which may be sent again', async () => {
    const { running, uploads, states } = server()
    uploads.add(chosen, [file('a.gif'), file('b')])
    await vi.waitFor(() => expect(running).toHaveLength(1))
    running[0]?.refuse(new FileError('Такой файл не принимаем.', 415, 'TYPE'))
    await vi.waitFor(() => expect(running).toHaveLength(2))
    expect(uploads.items()[0]).toMatchObject({ state: 'refused', error: 'Такой файл не принимаем.' })
    running[1]?.done('f2')
    await vi.waitFor(() => expect(states()).toEqual(['refused', 'done']))
    uploads.retry(uploads.items()[0]?.key ?? '')
    await vi.waitFor(() => expect(running).toHaveLength(3))
    running[2]?.done('f1')
    await vi.waitFor(() => expect(states()).toEqual(['done', 'done']))
    expect(uploads.take(chosen.slot)).toEqual(['f1', 'f2'])
  })

  it('calls one off and shows a lost network', async () => {
    const { running, uploads, states } = server()
    uploads.add(chosen, [file('a'), file('b')])
    await vi.waitFor(() => expect(running).toHaveLength(1))
    running[0]?.upload.onStall?.(true)
    expect(states()).toEqual(['stalled', 'waiting'])
    uploads.remove(uploads.items()[0]?.key ?? '')
    await vi.waitFor(() => expect(running).toHaveLength(2))
    expect(running[0]?.upload.signal?.aborted).toBe(true)
    expect(states()).toEqual(['sending'])
    uploads.clear()
    expect(running[1]?.upload.signal?.aborted).toBe(true)
    expect(states()).toEqual([])
  })
})
