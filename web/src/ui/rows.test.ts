import { QueryClient } from '@tanstack/react-query'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { begin, take, type Answer, type State } from './rowState'
import { RowList, type Source, type View } from './rows'

interface Row {
  id: string
  text: string
}

const source = {
  id: (row: Row) => row.id,
  same: (one: Row, other: Row) => one.text === other.text,
}

function answer(ids: string, next = '', text = ''): Answer<Row> {
  const rows = ids.split(' ').map((id) => ({ id, text }))
  return { rows, next, total: rows.length }
}

const ids = (state: State<Row>) => state.pages.map((page) => page.ids.join(' '))

describe('rows of a list', () => {
  it('stay where they are: what is new waits, what left is marked', () => {
    let state = take(begin<Row>(), 0, answer('a b c'), source, true)
    state = take(state, 0, answer('n a c'), source, true)
    expect(ids(state)).toEqual(['a b c'])
    expect([...state.fresh.keys()]).toEqual(['n'])
    expect([...state.gone]).toEqual(['b'])
  })

  it('know whether the server stopped counting', () => {
    const state = take(begin<Row>(), 0, { ...answer('a b'), over: true }, source, true)
    expect(state.over).toBe(true)
    expect(take(state, 0, answer('a b'), source, true).over).toBe(false)
  })

  it('come below at once: nothing moves there', () => {
    let state = take(begin<Row>(), 0, answer('a b'), source, true)
    state = take(state, 0, answer('a b z'), source, true)
    expect(ids(state)).toEqual(['a b z'])
    expect(state.fresh.size).toBe(0)
  })

  it('flash when they changed, and keep what has not', () => {
    let state = take(begin<Row>(), 0, answer('a b', '', 'old'), source, true)
    const before = state.rows.get('b')
    const changed = answer('a b', '', 'old')
    changed.rows[0] = { id: 'a', text: 'new' }
    state = take(state, 0, changed, source, true)
    expect([...state.altered]).toEqual(['a'])
    expect(state.rows.get('b')).toBe(before)
  })

  it('that new ones pushed over the edge of a page are still there', () => {
    let state = take(begin<Row>(), 0, answer('a b c', 'c'), source, true)
    state = take(state, 0, answer('n a b', 'b'), source, true)
    expect(ids(state)).toEqual(['a b c'])
    expect(state.gone.size).toBe(0)
  })

  it('that took the place of one that left are not shown twice', () => {
    let state = take(begin<Row>(), 0, answer('a b', 'b'), source, true)
    const pages = [...state.pages, { cursor: 'b', next: '', ids: [], sure: false }]
    state = take({ ...state, pages }, 1, answer('c d'), source, true)
    state = take(state, 0, answer('b c', 'c'), source, true)
    expect(ids(state)).toEqual(['a b', 'c d'])
    expect([...state.gone]).toEqual(['a'])
    expect(state.fresh.size).toBe(0)
  })

  it('come back when they fit again', () => {
    let state = take(begin<Row>(), 0, answer('a b'), source, true)
    state = take(state, 0, answer('a'), source, true)
    state = take(state, 0, answer('a b'), source, true)
    expect(state.gone.size).toBe(0)
  })

  it('no longer wait when they left before they were shown', () => {
    let state = take(begin<Row>(), 0, answer('a'), source, true)
    state = take(state, 0, answer('n a'), source, true)
    state = take(state, 0, answer('a'), source, true)
    expect(state.fresh.size).toBe(0)
  })

  it('of a board go where they belong at once', () => {
    const board = { ...source, moving: true }
    let state = take(begin<Row>(), 0, answer('a b'), board, true)
    state = take(state, 0, answer('n b'), board, true)
    expect(ids(state)).toEqual(['n b'])
    expect([...state.altered]).toEqual(['n'])
  })
})

describe('a list', () => {
  let all: Row[]
  let client: QueryClient
  const SIZE = 3

  beforeEach(() => {
    all = Array.from({ length: 8 }, (_, index) => ({ id: `r${index}`, text: '' }))
    client = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  })
  afterEach(() => client.clear())

  function make(before?: View<Row>): RowList<Row> {
    const asked: Source<Row> = {
      ...source,
      options: (cursor) => ({
        queryKey: ['rows', cursor],
        queryFn: () => {
          const start = cursor === '' ? 0 : all.findIndex((row) => row.id === cursor) + 1
          const rows = all.slice(start, start + SIZE)
          const more = start + SIZE < all.length
          return Promise.resolve({ rows, next: more ? (rows.at(-1)?.id ?? '') : '', total: all.length })
        },
        staleTime: 10_000,
      }),
      read: (found) => found as Answer<Row>,
    }
    return new RowList<Row>(client, asked, before)
  }

  const shown = (list: RowList<Row>) => list.snapshot().rows.map((each) => each.id)

  async function opened() {
    const list = make()
    const close = list.subscribe(() => undefined)
    await vi.waitFor(() => expect(list.snapshot().pending).toBe(false))
    return { list, close }
  }

  it('walks to the next record over the border of what was read, and no further than the end', async () => {
    const { list, close } = await opened()
    expect(shown(list)).toEqual(['r0', 'r1', 'r2'])
    expect(await list.neighbour(undefined, 1)).toBe('r0')
    expect(await list.neighbour('r2', 1)).toBe('r3')
    expect(await list.neighbour('r3', -1)).toBe('r2')
    expect(await list.neighbour('r0', -1)).toBeUndefined()
    await list.atLeast(100)
    expect(shown(list)).toHaveLength(8)
    expect(await list.neighbour('r7', 1)).toBeUndefined()
    expect(await list.neighbour('unknown', 1)).toBeUndefined()
    close()
  })

  it('walks on when nobody looks at it any more: a record’s page is open', async () => {
    const { list, close } = await opened()
    close()
    expect(await list.neighbour('r2', 1)).toBe('r3')
  })

  it('skips records that have left it', async () => {
    const { list, close } = await opened()
    all = all.filter((row) => row.id !== 'r1')
    await client.invalidateQueries()
    await vi.waitFor(() => expect(list.snapshot().gone.has('r1')).toBe(true))
    expect(await list.neighbour('r0', 1)).toBe('r2')
    close()
  })

  it('counts what is new behind the chip and shows it when asked', async () => {
    const { list, close } = await opened()
    all = [{ id: 'new', text: '' }, ...all]
    await client.invalidateQueries()
    await vi.waitFor(() => expect(list.snapshot().fresh).toBe(1))
    expect(shown(list)).toEqual(['r0', 'r1', 'r2'])
    list.refresh()
    expect(shown(list)).toEqual(['new', 'r0', 'r1'])
    expect(list.snapshot().fresh).toBe(0)
    // And goes on counting.
    await vi.waitFor(() => expect(client.isFetching()).toBe(0))
    all = [{ id: 'newer', text: '' }, ...all]
    await client.invalidateQueries()
    await vi.waitFor(() => expect(list.snapshot().fresh).toBe(1))
    close()
  })

  it('keeps its rows when it is opened again', async () => {
    const { list, close } = await opened()
    await list.more()
    close()
    const again = list.subscribe(() => undefined)
    expect(shown(list)).toHaveLength(6)
    again()
  })

  it('is walked while it still shows the rows of the former filter', async () => {
    const { list: former, close } = await opened()
    close()
    client.clear()
    all = all.filter((row) => row.id !== 'r0')
    for (const [at, kept] of [
      ['r1', 'r1'],
      ['r0', undefined],
    ] as const) {
      const list = make(former.snapshot())
      const leave = list.subscribe(() => undefined)
      list.focus(at)
      expect(list.snapshot()).toMatchObject({ borrowed: true, focused: at })
      await vi.waitFor(() => expect(list.snapshot().borrowed).toBe(false))
      // A row that the new filter does not show keeps no focus: J would go nowhere.
      expect(list.snapshot().focused).toBe(kept)
      leave()
      client.clear()
    }
  })
})
