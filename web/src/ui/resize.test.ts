import { afterEach, describe, expect, it, vi } from 'vitest'

import { fit, shrink } from './resize'

describe('the size of a photo', () => {
  it('fits into the square and keeps its shape', () => {
    expect(fit(4000, 3000)).toEqual({ width: 2048, height: 1536 })
    expect(fit(3000, 4000)).toEqual({ width: 1536, height: 2048 })
    expect(fit(8000, 1)).toEqual({ width: 2048, height: 1 })
  })

  it('is never enlarged', () => {
    expect(fit(640, 480)).toEqual({ width: 640, height: 480 })
    expect(fit(2048, 2048)).toEqual({ width: 2048, height: 2048 })
    expect(fit(0, 0)).toEqual({ width: 1, height: 1 })
  })
})

describe('a photo before it is sent', () => {
  const drawn = new Blob(['small'], { type: 'image/jpeg' })
  const asked: unknown[] = []
  function browser(width: number, height: number) {
    vi.stubGlobal('createImageBitmap', (_file: Blob, options: unknown) => {
      asked.push(options)
      return Promise.resolve({ width, height, close: () => undefined })
    })
    vi.stubGlobal(
      'OffscreenCanvas',
      class {
        constructor(
          readonly width: number,
          readonly height: number,
        ) {
          asked.push([width, height])
        }
        getContext = () => ({ fillRect: () => undefined, drawImage: () => undefined })
        convertToBlob = () => Promise.resolve(drawn)
      },
    )
  }
  afterEach(() => {
    asked.length = 0
    vi.unstubAllGlobals()
  })
  const photo = (type: string, text = 'the original, which is longer') => new Blob([text], { type })

  it('is drawn anew when it is large, turned as EXIF says', async () => {
    browser(6000, 4000)
    expect(await shrink(photo('image/jpeg'))).toBe(drawn)
    expect(asked).toEqual([{ imageOrientation: 'from-image' }, [2048, 1365]])
  })

  it('stays as it is when it is a small JPEG, a document, or cannot be drawn', async () => {
    browser(800, 600)
    const small = photo('image/jpeg')
    expect(await shrink(small)).toBe(small)
    const pdf = photo('application/pdf')
    expect(await shrink(pdf)).toBe(pdf)
    vi.stubGlobal('createImageBitmap', () => Promise.reject(new Error('HEIC')))
    const heic = photo('image/heic')
    expect(await shrink(heic)).toBe(heic)
    vi.unstubAllGlobals()
    expect(await shrink(small)).toBe(small)
  })

  it('becomes JPEG when the server would not take its kind', async () => {
    browser(800, 600)
    expect(await shrink(photo('image/heic', 'x'))).toBe(drawn)
    const png = photo('image/png', 'x')
    expect(await shrink(png)).toBe(png)
  })
})
