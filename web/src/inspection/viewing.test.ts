import { describe, expect, it } from 'vitest'

import { begin, byKey, move, NEAREST, type Act, type Viewing } from './viewing'

const COUNT = 5
const press = (state: Viewing, key: string, code = ''): Viewing => {
  const act = byKey(state, { key, code }, COUNT)
  if (act === undefined || act === 'close') throw new Error(`${key} does nothing here`)
  return move(state, act)
}

describe('the photo viewer', () => {
  it('walks round with the arrows', () => {
    expect(press(begin(4), 'ArrowRight').at[0]).toBe(0)
    expect(press(begin(0), 'ArrowLeft').at[0]).toBe(4)
  })

  it('comes nearer, walks over a near photo with the same arrows, and goes back', () => {
    const near = press(press(begin(1), '+'), '+')
    expect(near.looks[0].zoom).toBeCloseTo(1.96)
    const moved = press(near, 'ArrowRight')
    expect(moved.at[0]).toBe(1)
    expect(moved.looks[0].x).toBeLessThan(0)
    expect(press(moved, '0').looks[0]).toEqual({ zoom: 1, x: 0, y: 0 })
    // Another photo begins whole, and PageDown leads to it from a near one.
    expect(press(moved, 'PageDown')).toMatchObject({ at: [2, undefined], looks: [{ zoom: 1 }, {}] })
  })

  it('never shows emptiness beside a photo', () => {
    let state = move(begin(0), { do: 'zoom', factor: 2 })
    state = move(state, { do: 'pan', x: 9, y: -9 })
    expect(state.looks[0]).toEqual({ zoom: 2, x: 0.5, y: -0.5 })
    state = move(state, { do: 'zoom', factor: 0.5 })
    expect(state.looks[0]).toEqual({ zoom: 1, x: 0, y: 0 })
    expect(move(state, { do: 'zoom', factor: 1000 }).looks[0].zoom).toBe(NEAREST)
  })

  it('keeps the point under the pointer where it is', () => {
    const state = move(begin(0), { do: 'zoom', factor: 2, x: 0.25, y: -0.1 })
    const { zoom, x, y } = state.looks[0]
    // The point of the photo that was at (0.25, -0.1) is there still.
    expect(0.25 * zoom + x).toBeCloseTo(0.25)
    expect(-0.1 * zoom + y).toBeCloseTo(-0.1)
  })

  it('compares two, on a Russian keyboard too, and moves the active half', () => {
    const two = press(begin(4), 'с', 'KeyC')
    expect(two).toMatchObject({ at: [4, 0], side: 1 })
    const next = press(two, 'ArrowRight')
    expect(next.at).toEqual([4, 1])
    const left = move(next, { do: 'side', side: 0 })
    expect(press(left, 'ArrowLeft').at).toEqual([3, 1])
    expect(press(next, 'c', 'KeyC')).toMatchObject({ at: [1, undefined], side: 0 })
  })

  it('does not compare one photo with nothing', () => {
    const act: Act = { do: 'compare', count: 1 }
    expect(move(begin(0), act).at).toEqual([0, undefined])
  })

  it('closes with Esc and leaves other keys alone', () => {
    expect(byKey(begin(0), { key: 'Escape', code: 'Escape' }, COUNT)).toBe('close')
    expect(byKey(begin(0), { key: 'Tab', code: 'Tab' }, COUNT)).toBeUndefined()
    expect(byKey(begin(0), { key: 'ArrowUp', code: 'ArrowUp' }, COUNT)).toBeUndefined()
  })
})
