import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { beforeEach, describe, expect, it, vi } from 'vitest'

import { FileError, readEvidence, readFile, readThumb, uploadFile } from './files'

const { tickets } = vi.hoisted(() => ({ tickets: [] as string[] }))

vi.mock('./transport', () => ({
  inspections: {
    createUploadTicket: () => {
      const ticket = `t${tickets.length + 1}`
      tickets.push(ticket)
      return Promise.resolve({
        ticket,
        uploadPath: `/files/${ticket}`,
        maxBytes: 3_000_000n,
        expiresAt: timestampFromMs(0),
      })
    },
  },
}))
vi.mock('@/session/session', () => ({
  session: { isStale: () => false, token: () => 'token', renew: () => Promise.resolve(false) },
}))

/** The gateway's side of an upload, as api-gateway/src/files/parts.rs does it, with failures on order. */
class Gateway {
  received: Record<string, number> = {}
  done: Record<string, string> = {}
  expired = new Set<string>()
  /** What happens to the next PATCH requests, first to last; then all is well. */
  patches: ('cut before' | 'cut half way' | 'cut after' | 'away' | 'busy')[] = []
  heads: 'cut'[] = []
  log: string[] = []

  fetch = async (path: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const ticket = String(path).replace('/files/', '')
    const headers = new Headers(init?.headers)
    expect(headers.get('authorization')).toBe('Bearer token')
    this.log.push(`${init?.method} ${ticket} ${headers.get('upload-offset') ?? ''}`.trim())
    if (init?.method === 'HEAD') return this.head(ticket)
    return this.patch(ticket, headers, init?.body as Blob)
  }

  private head(ticket: string): Response {
    if (this.heads.shift() === 'cut') throw new TypeError('Failed to fetch')
    const done = this.done[ticket]
    if (done) return new Response(null, { status: 204, headers: { location: `/files/${done}` } })
    if (this.expired.has(ticket)) return new Response(null, { status: 410 })
    return new Response(null, {
      status: 204,
      headers: { 'upload-offset': String(this.received[ticket] ?? 0) },
    })
  }

  private patch(ticket: string, headers: Headers, body: Blob): Response {
    const event = this.patches.shift()
    const here = this.received[ticket] ?? 0
    if (event === 'cut before') throw new TypeError('Failed to fetch')
    if (event === 'away') return this.refuse(503, 'UNAVAILABLE', 'Хранилище не отвечает.')
    if (event === 'busy') return this.refuse(429, 'TOO_MANY', 'Слишком много запросов.')
    if (this.expired.has(ticket) || this.done[ticket]) return this.refuse(410, 'TICKET', 'Истекло.')
    const offset = Number(headers.get('upload-offset'))
    if (offset !== here) return this.refuse(409, 'OFFSET', 'Продолжите с указанного места.')
    if (event === 'cut half way') {
      this.received[ticket] = here + Math.floor(body.size / 2)
      throw new TypeError('Failed to fetch')
    }
    this.received[ticket] = here + body.size
    if (headers.get('upload-complete') === '?1') this.done[ticket] = `file-${ticket}`
    if (event === 'cut after') throw new TypeError('Failed to fetch')
    const file = this.done[ticket]
    return file
      ? new Response(JSON.stringify({ file: { id: file } }), { status: 201 })
      : new Response(null, { status: 204 })
  }

  refuse(status: number, code: string, message: string): Response {
    return new Response(JSON.stringify({ code, message }), { status })
  }
}

const PART = 512 * 1024

describe('an upload', () => {
  let gateway: Gateway
  const size = PART * 2 + 100
  const upload = (more: Partial<Parameters<typeof uploadFile>[0]> = {}) =>
    uploadFile({ buyoutId: 'b', kind: 'PHOTO', file: new Blob([new Uint8Array(size)]), pauseMs: 0, ...more })

  beforeEach(() => {
    tickets.length = 0
    gateway = new Gateway()
    vi.stubGlobal('fetch', gateway.fetch)
  })

  it('goes in parts and tells how far it is', async () => {
    const seen: number[] = []
    expect(await upload({ onProgress: (sent) => seen.push(sent) })).toBe('file-t1')
    expect(seen).toEqual([0, PART, 2 * PART, size])
    expect(gateway.received.t1).toBe(size)
  })

  it('goes on where the server stands after a cut', async () => {
    gateway.patches = ['cut before', 'cut half way']
    expect(await upload()).toBe('file-t1')
    expect(gateway.received.t1).toBe(size)
    expect(gateway.log).toContain(`PATCH t1 ${PART / 2}`)
  })

  it('finds the file when the last answer was lost', async () => {
    const file = new Blob([new Uint8Array(10)])
    gateway.patches = ['cut after']
    expect(await upload({ file })).toBe('file-t1')
    expect(gateway.log).toEqual(['PATCH t1 0', 'HEAD t1'])
  })

  it('finds the file when the question after a lost answer was lost too', async () => {
    const file = new Blob([new Uint8Array(10)])
    gateway.patches = ['cut after']
    gateway.heads = ['cut']
    expect(await upload({ file })).toBe('file-t1')
    expect(tickets).toEqual(['t1'])
  })

  it('tries again when the server is away or busy, and gives up after a while', async () => {
    gateway.patches = ['away', 'busy', 'away']
    expect(await upload()).toBe('file-t1')
    gateway.patches = Array<'away'>(20).fill('away')
    await expect(upload()).rejects.toMatchObject({ status: 503, message: 'Хранилище не отвечает.' })
    expect(gateway.patches).toHaveLength(14)
  })

  it('takes the offset of the server when the two differ', async () => {
    gateway.received.t1 = PART
    const seen: number[] = []
    expect(await upload({ onProgress: (sent) => seen.push(sent) })).toBe('file-t1')
    expect(gateway.log.slice(0, 3)).toEqual(['PATCH t1 0', 'HEAD t1', `PATCH t1 ${PART}`])
    expect(seen.at(-1)).toBe(size)
  })

  it('asks for a new permission when the old one ran out, but not for ever', async () => {
    gateway.expired.add('t1')
    expect(await upload()).toBe('file-t2')
    for (const ticket of ['t3', 't4', 't5']) gateway.expired.add(ticket)
    await expect(upload()).rejects.toMatchObject({ status: 410 })
    expect(tickets).toHaveLength(5)
  })

  it('says in the server’s words why a file is not taken, at once', async () => {
    vi.stubGlobal('fetch', () => Promise.resolve(gateway.refuse(415, 'TYPE', 'Фото нужно в JPEG.')))
    await expect(upload()).rejects.toEqual(new FileError('Фото нужно в JPEG.', 415, 'TYPE'))
    await expect(upload({ file: new Blob([new Uint8Array(4_000_000)]) })).rejects.toMatchObject({
      code: 'TOO_LARGE',
    })
    vi.stubGlobal('fetch', () => Promise.resolve(new Response('<html>', { status: 403 })))
    await expect(readFile('x')).rejects.toMatchObject({ status: 403 })
  })

  it('waits for the network as long as somebody watches it', async () => {
    gateway.patches = Array<'cut before'>(9).fill('cut before')
    const stalls: boolean[] = []
    expect(await upload({ onStall: (stalled) => stalls.push(stalled) })).toBe('file-t1')
    expect(stalls).toContain(true)
    expect(stalls.at(-1)).toBe(false)
    gateway.patches = Array<'cut before'>(9).fill('cut before')
    await expect(upload()).rejects.toBeInstanceOf(TypeError)
  })

  it('ends when it is called off', async () => {
    const off = new AbortController()
    gateway.patches = Array<'cut before'>(99).fill('cut before')
    const running = upload({ signal: off.signal, onStall: () => off.abort() })
    await expect(running).rejects.toBeInstanceOf(TypeError)
    expect(gateway.patches.length).toBeGreaterThan(90)
  })
})

describe('small versions', () => {
  it('are asked for as such, and a file without one says what it is', async () => {
    const asked: string[] = []
    const told = { code: 'NO_THUMB', message: 'Нет.', content_type: 'application/pdf' }
    vi.stubGlobal('fetch', (path: string) => {
      asked.push(path)
      return Promise.resolve(
        path.includes('picture')
          ? new Response('jpeg', { headers: { 'content-type': 'image/jpeg' } })
          : path.includes('scan')
            ? new Response(JSON.stringify(told), { status: 404 })
            : new Response(JSON.stringify({ code: 'NOT_FOUND', message: 'Файла нет.' }), { status: 404 }),
      )
    })
    expect(await (await readThumb('picture')).text()).toBe('jpeg')
    const none = await readThumb('scan')
    expect([none.type, none.size]).toEqual(['application/pdf', 0])
    await expect(readThumb('gone')).rejects.toMatchObject({ code: 'NOT_FOUND', message: 'Файла нет.' })
    expect(asked).toEqual(['picture', 'scan', 'gone'].map((id) => `/files/${id}?size=thumb`))
  })

  it('takes the evidence of a run under the name that the server gave it, refused in its words', async () => {
    const asked: string[] = []
    vi.stubGlobal('fetch', (path: string) => {
      asked.push(path)
      return Promise.resolve(
        path.endsWith('mine')
          ? new Response('tar', { headers: { 'content-disposition': 'attachment; filename="kite-701.tar"' } })
          : new Response('{"code":"ACCESS","message":"У вашей роли нет этого действия."}', { status: 403 }),
      )
    })
    const { name, file } = await readEvidence('buyout:a:mine')
    expect([name, await file.text()]).toEqual(['kite-701.tar', 'tar'])
    await expect(readEvidence('buyout:a:other')).rejects.toMatchObject({
      status: 403,
      message: 'У вашей роли нет этого действия.',
    })
    expect(asked).toEqual(['/evidence/buyout%3Aa%3Amine', '/evidence/buyout%3Aa%3Aother'])
  })
})
