import type { ReactNode } from 'react'

import type { RowList, View } from './rows'
import type { Target } from './record'

export interface Column<Row> {
  key: string
  title: string
  /** Pixels; columns without it share what is left. */
  width?: number
  render: (row: Row) => ReactNode
  /** What the server calls the order by this column. */
  sort?: string
  hideOnPhone?: boolean
  /** Takes a line of its own in the card of a phone. */
  wideOnPhone?: boolean
  /** The card of a phone says what the value is. */
  labelOnPhone?: boolean
  align?: 'end'
}

export interface Order {
  by: string
  ascending: boolean
}

/** What the two shapes of a list, table and cards, are drawn from. */
export interface Drawn<Row> {
  label: string
  list: RowList<Row>
  view: View<Row>
  columns: Column<Row>[]
  record?: (row: Row) => Target | undefined
  open?: (row: Row, id: string) => void
  /** The row's own link was followed. */
  remember?: (row: Row, id: string) => void
  selection?: Selection
}

export interface Selection {
  ids: ReadonlySet<string>
  set: (ids: ReadonlySet<string>) => void
}

/** A click on something in the row that has a meaning of its own does not open the row. */
export function meansRow(event: { target: EventTarget; defaultPrevented: boolean }): boolean {
  if (event.defaultPrevented || !(event.target instanceof Element)) return false
  if (event.target.closest('a, button, input, label, [role="menu"]')) return false
  // Text that is being selected is being copied.
  return (window.getSelection()?.toString() ?? '') === ''
}

export function toggled(ids: ReadonlySet<string>, id: string): Set<string> {
  const next = new Set(ids)
  if (!next.delete(id)) next.add(id)
  return next
}
