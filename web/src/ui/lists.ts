// Lists that are or were on the screen: coming back shows the list as it was left, and a record knows its
// neighbours in the list from which it was opened.

import { session } from '@/session/session'
import { RowList, type View } from './rows'

interface Kept {
  key: string
  list: RowList<unknown>
}

const kept = new Map<string, Kept>()

/** Records that have a page of their own. */
export type RecordKind = 'task' | 'buyout'

interface Origin {
  kind: RecordKind
  list: RowList<unknown>
  /** Address of the list with its filter. */
  back: string
}

let origin: Origin | undefined

// Nothing of one person's lists is shown to the next.
session.subscribe(() => {
  if (session.state().kind !== 'out') return
  kept.clear()
  origin = undefined
})

/** The list of a name: the one that is there when it asks for the same, else a new one. */
export function listOf<Row>(
  name: string,
  key: string,
  make: (before: View<Row> | undefined) => RowList<Row>,
): RowList<Row> {
  const found = kept.get(name) as { key: string; list: RowList<Row> } | undefined
  if (found?.key === key) return found.list
  const before = found?.list.snapshot()
  const list = make(before && before.readAt > 0 && !before.borrowed ? before : undefined)
  kept.set(name, { key, list: list as unknown as RowList<unknown> })
  return list
}

/** A record is opened from a list: its neighbours are known from now on. */
export function cameFrom<Row>(kind: RecordKind, list: RowList<Row>, id: string): void {
  list.focus(id)
  origin = {
    kind,
    list: list as unknown as RowList<unknown>,
    back: location.pathname + location.search,
  }
}

export interface Place {
  at: number
  total: number
}

/** Where a record stands in the list that it was opened from. */
export function placeOf(kind: RecordKind, id: string): Place | undefined {
  if (origin?.kind !== kind) return undefined
  const { rows, total } = origin.list.snapshot()
  const at = rows.findIndex((each) => each.id === id)
  return at < 0 ? undefined : { at: at + 1, total: Math.max(total, rows.length) }
}

export async function neighbourOf(kind: RecordKind, id: string, step: 1 | -1): Promise<string | undefined> {
  if (origin?.kind !== kind) return undefined
  const { list } = origin
  const found = await list.neighbour(id, step)
  // The list, when one comes back to it, stands at the record that was looked at last.
  if (found !== undefined) list.focus(found)
  return found
}

/** The list that a record was opened from. */
export function backFrom(kind: RecordKind): string | undefined {
  return origin?.kind === kind ? origin.back : undefined
}
