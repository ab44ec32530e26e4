import { describe, expect, it } from 'vitest'

import { layout, nextZoom, pageSize, ZOOM_MOST } from './zoom'

describe('a picture in its window', () => {
  const window = { width: 400, height: 300 }

  it('fits at zoom 1, standing and lying', () => {
    expect(layout(window, { width: 800, height: 600 }, 1, 0).room).toEqual({ width: 400, height: 300 })
    const lying = layout(window, { width: 800, height: 600 }, 1, 1)
    expect(lying.room).toEqual({ width: 225, height: 300 })
    expect(lying.picture).toEqual({ width: 300, height: 225 })
  })

  it('grows with the zoom and is nothing before it is known', () => {
    expect(layout(window, { width: 800, height: 600 }, 2, 2).room).toEqual({ width: 800, height: 600 })
    expect(layout(window, { width: 0, height: 0 }, 2, 0).room).toEqual({ width: 0, height: 0 })
  })

  it('is never smaller than the window nor larger than of use', () => {
    expect(nextZoom(1, -1)).toBe(1)
    expect(nextZoom(1, 1)).toBe(1.5)
    let zoom = 1
    for (let step = 0; step < 20; step += 1) zoom = nextZoom(zoom, 1)
    expect(zoom).toBe(ZOOM_MOST)
  })
})

describe('a page of a document', () => {
  const a4 = { width: 595, height: 842 }

  it('is as wide as its room and as sharp as the screen', () => {
    const { shown, pixels } = pageSize(a4, 595, 2)
    expect(shown).toEqual({ width: 595, height: 842 })
    expect(pixels).toEqual({ width: 1190, height: 1684 })
    expect(pageSize(a4, 1190, 1).shown.height).toBe(1684)
  })

  it('never takes more memory than a screen could show, however near', () => {
    const { shown, pixels } = pageSize(a4, 595 * ZOOM_MOST, 3)
    expect(shown.width).toBe(595 * ZOOM_MOST)
    expect(pixels.width * pixels.height).toBeLessThanOrEqual(24_000_000)
  })
})
