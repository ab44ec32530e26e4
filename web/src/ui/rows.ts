// The rows of a list on the screen: which pages are watched, read on, read again.

import type { QueryClient, QueryKey, QueryObserverOptions } from '@tanstack/react-query'
import { QueryObserver } from '@tanstack/react-query'

import { begin, take, type Answer, type Identity, type State } from './rowState'

export interface Source<Row> extends Identity<Row> {
  /** How to ask for the page after a cursor. */
  options: (cursor: string) => QueryObserverOptions<unknown, unknown, unknown, unknown, QueryKey>
  read: (answer: unknown) => Answer<Row>
}

export interface View<Row> {
  rows: { id: string; row: Row }[]
  total: number
  /** There are more than `total`: the server stopped counting. */
  over: boolean
  /** Nothing has been read yet. */
  pending: boolean
  error: unknown
  /** When what is shown was read. */
  readAt: number
  /** Rows of another filter, shown until this one's have come. */
  borrowed: boolean
  more: boolean
  loadingMore: boolean
  fresh: number
  gone: ReadonlySet<string>
  altered: ReadonlySet<string>
  focused: string | undefined
}

const FLASH_MS = 1_700

export class RowList<Row> {
  private state: State<Row> = begin()
  private view: View<Row>
  private readonly observers = new Map<string, () => void>()
  private readonly readers = new Set<() => void>()
  private first = 0
  private last = 0
  private error: unknown = null
  private readAt = 0
  private focused: string | undefined
  private fetching: Promise<void> | undefined
  private flash: ReturnType<typeof setTimeout> | undefined

  constructor(
    private readonly client: QueryClient,
    private readonly source: Source<Row>,
    before?: View<Row>,
  ) {
    this.view = before
      ? { ...before, borrowed: true, fresh: 0, more: false, focused: undefined, error: null }
      : this.look()
  }

  readonly subscribe = (reader: () => void): (() => void) => {
    this.readers.add(reader)
    if (this.readers.size === 1) {
      this.state = { ...this.state, pages: this.state.pages.map((page) => ({ ...page, sure: false })) }
      this.observe()
    }
    return () => {
      this.readers.delete(reader)
      if (this.readers.size === 0) {
        for (const close of this.observers.values()) close()
        this.observers.clear()
      }
    }
  }

  readonly snapshot = (): View<Row> => this.view

  /** Which rows are on the screen: only their pages are read again when something changes. */
  watch(first: number, last: number): void {
    this.first = first
    this.last = last
    if (this.readers.size > 0) this.observe()
  }

  /** Reads the next page. */
  more(): Promise<void> {
    const end = this.state.pages.at(-1)
    if (!end || end.next === '' || this.view.borrowed) return Promise.resolve()
    this.fetching ??= this.readMore(end.next).finally(() => {
      this.fetching = undefined
      this.tell()
    })
    this.tell()
    return this.fetching
  }

  /** Reads pages until this many rows are there: a print shows more than the screen. */
  async atLeast(count: number): Promise<void> {
    while (this.view.rows.length < count && this.view.more) {
      const before = this.view.rows.length
      await this.more()
      if (this.view.rows.length === before) return
    }
  }

  /** Shows the list as it is now, from its beginning. */
  refresh(): void {
    const [page] = this.state.pages
    if (!page) return
    this.state = {
      ...begin<Row>(),
      rows: this.state.rows,
      total: this.state.total,
      over: this.state.over,
      pages: [{ ...page, ids: page.ids.filter((id) => !this.state.gone.has(id)), sure: false }],
    }
    this.first = this.last = 0
    this.focused = undefined
    this.observe()
    // What is behind the chip has mostly been read already.
    const held = this.client.getQueryData(this.source.options('').queryKey ?? [])
    if (held !== undefined) this.state = take(this.state, 0, this.source.read(held), this.source, false)
    void this.client.invalidateQueries({ queryKey: this.source.options('').queryKey, exact: true })
    this.tell()
  }

  focus(id: string | undefined): void {
    if (this.focused === id) return
    this.focused = id
    this.tell()
  }

  /** The record before or after one, over the border of what has been read. */
  async neighbour(id: string | undefined, step: 1 | -1): Promise<string | undefined> {
    for (;;) {
      const ids = this.view.rows.map((each) => each.id)
      let at = id === undefined ? (step > 0 ? -1 : ids.length) : ids.indexOf(id)
      if (id !== undefined && at < 0) return undefined
      for (at += step; at >= 0 && at < ids.length; at += step) {
        const found = ids[at]
        if (found !== undefined && !this.state.gone.has(found)) return found
      }
      if (step < 0 || !this.view.more) return undefined
      await this.more()
      if (this.view.rows.length === ids.length) return undefined
    }
  }

  retry(): void {
    const wanted = this.error === null ? [] : this.state.pages
    this.error = null
    for (const { cursor } of wanted) {
      void this.client.refetchQueries({ queryKey: this.source.options(cursor).queryKey, exact: true })
    }
    this.tell()
  }

  private async readMore(cursor: string): Promise<void> {
    try {
      const { queryKey, queryFn, structuralSharing, staleTime } = this.source.options(cursor)
      const answer = await this.client.fetchQuery({
        queryKey: queryKey ?? [],
        queryFn,
        structuralSharing,
        staleTime: typeof staleTime === 'number' ? staleTime : 10_000,
      })
      if (this.state.pages.at(-1)?.next !== cursor) return
      const pages = [...this.state.pages, { cursor, next: '', ids: [], sure: false }]
      this.state = take(
        { ...this.state, pages },
        pages.length - 1,
        this.source.read(answer),
        this.source,
        true,
      )
      this.error = null
      if (this.readers.size > 0) this.observe()
    } catch (error) {
      this.error = error
    }
  }

  private observe(): void {
    const wanted = new Set<string>()
    let start = 0
    this.state.pages.forEach((page, index) => {
      const end = start + page.ids.length
      if (index === 0 || (end > this.first && start <= this.last)) wanted.add(page.cursor)
      start = end
    })
    for (const [cursor, close] of this.observers) {
      if (!wanted.has(cursor)) {
        close()
        this.observers.delete(cursor)
      }
    }
    for (const cursor of wanted) if (!this.observers.has(cursor)) this.open(cursor)
  }

  private open(cursor: string): void {
    const observer = new QueryObserver(this.client, this.source.options(cursor))
    let seen: unknown
    const see = () => {
      const result = observer.getCurrentResult()
      const index = this.state.pages.findIndex((page) => page.cursor === cursor)
      this.error = result.error
      if (result.data !== undefined) this.readAt = result.dataUpdatedAt
      const sure = !result.isFetching
      const unsure = this.state.pages[index]?.sure === false
      if (result.data !== undefined && (result.data !== seen || (sure && unsure))) {
        seen = result.data
        this.state = take(this.state, index, this.source.read(result.data), this.source, sure)
        this.fade()
      }
      this.tell()
    }
    this.observers.set(cursor, observer.subscribe(see))
    see()
  }

  private fade(): void {
    if (this.state.altered.size === 0) return
    clearTimeout(this.flash)
    this.flash = setTimeout(() => {
      this.state = { ...this.state, altered: new Set() }
      this.tell()
    }, FLASH_MS)
  }

  private look(): View<Row> {
    const { state } = this
    const rows = state.pages.flatMap((page) =>
      page.ids.flatMap((id) => {
        const row = state.rows.get(id)
        return row === undefined ? [] : [{ id, row }]
      }),
    )
    return {
      rows,
      total: state.total,
      over: state.over,
      pending: this.readAt === 0,
      error: this.error,
      readAt: this.readAt,
      borrowed: false,
      more: state.pages.at(-1)?.next !== '',
      loadingMore: this.fetching !== undefined,
      fresh: state.fresh.size,
      gone: state.gone,
      altered: state.altered,
      focused: this.focused,
    }
  }

  private tell(): void {
    // Rows of the former filter stay until an answer, or a refusal, has come.
    if (this.view.borrowed && this.readAt === 0 && this.error === null) {
      // Keys walk them all the same.
      if (this.view.focused === this.focused) return
      this.view = { ...this.view, focused: this.focused }
    } else {
      const borrowed = this.view.borrowed
      this.view = this.look()
      if (borrowed && !this.view.rows.some((each) => each.id === this.focused)) {
        this.focused = undefined
        this.view = { ...this.view, focused: undefined }
      }
    }
    for (const reader of this.readers) reader()
  }
}
