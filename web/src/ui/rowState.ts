// The rows of a list as a person sees them. Live changes alter rows where they stand and never move them:
// what is new waits behind a chip, what left the list stays struck out until the list is read again.

export interface Answer<Row> {
  rows: Row[]
  /** Cursor of the following page; empty on the last one. */
  next: string
  total: number
  /** There are more than `total`: the server stopped counting. */
  over?: boolean
}

/** How rows are told apart. */
export interface Identity<Row> {
  id: (row: Row) => string
  same: (one: Row, other: Row) => boolean
  /** Rows go where they belong at once, as cards on a board do. */
  moving?: boolean
}

interface Page {
  cursor: string
  next: string
  ids: string[]
  /** Its rows come from an answer that was asked for since the list is on the screen. */
  sure: boolean
}

export interface State<Row> {
  pages: Page[]
  rows: Map<string, Row>
  total: number
  over: boolean
  /** New rows that wait behind the chip, with the page that told of them. */
  fresh: Map<string, string>
  gone: Set<string>
  /** Rows that have just been altered. */
  altered: Set<string>
}

export function begin<Row>(): State<Row> {
  return {
    pages: [{ cursor: '', next: '', ids: [], sure: false }],
    rows: new Map(),
    total: 0,
    over: false,
    fresh: new Map(),
    gone: new Set(),
    altered: new Set(),
  }
}

/** Takes the answer for one page into the list. `sure`: nothing newer is being asked for. */
export function take<Row>(
  state: State<Row>,
  index: number,
  answer: Answer<Row>,
  source: Identity<Row>,
  sure: boolean,
): State<Row> {
  const page = state.pages[index]
  if (!page) return state
  const rows = new Map(state.rows)
  const gone = new Set(state.gone)
  const fresh = new Map(state.fresh)
  const altered = new Set(state.altered)
  const whole = !page.sure || source.moving === true
  const known = new Set(state.pages.flatMap((each) => (each === page && whole ? [] : each.ids)))
  for (const row of answer.rows) {
    const id = source.id(row)
    const before = rows.get(id)
    if (page.sure && (before ? !source.same(before, row) : whole)) altered.add(id)
    // A row that says the same stays the same object: it is not drawn again.
    if (!before || !source.same(before, row)) rows.set(id, row)
    gone.delete(id)
  }
  const found = answer.rows.map(source.id)
  for (const [id, cursor] of state.fresh) {
    if (cursor === page.cursor && !found.includes(id)) fresh.delete(id)
  }
  const isLast = index === state.pages.length - 1
  let ids: string[]
  if (whole) {
    ids = found.filter((id) => !known.has(id))
    for (const id of ids) fresh.delete(id)
  } else {
    ids = settle(page, found, answer.next !== '', known, isLast, gone, fresh)
  }
  // Only the last page says where the list goes on: earlier ones keep the cursor they were read with.
  const next = isLast ? answer.next : page.next
  const pages = state.pages.with(index, { ...page, next, ids, sure: page.sure || sure })
  return { pages, rows, gone, fresh, altered, total: answer.total, over: answer.over ?? false }
}

function settle(
  { ids: shown, cursor }: Page,
  found: string[],
  more: boolean,
  known: Set<string>,
  isLast: boolean,
  gone: Set<string>,
  fresh: Map<string, string>,
): string[] {
  const answered = new Set(found)
  const kept = shown.findLastIndex((id) => answered.has(id))
  // Rows pushed out by new ones above are no longer in the page and still in the list.
  const pushed = more && (kept < 0 || found.at(-1) === shown[kept])
  shown.forEach((id, at) => {
    if (!answered.has(id) && !(pushed && at > kept)) gone.add(id)
  })
  const ids = [...shown]
  const tail = kept < 0 ? -1 : found.indexOf(shown[kept] ?? '')
  found.forEach((id, at) => {
    if (known.has(id)) return
    // Rows below everything that is shown move nothing.
    const below = at > tail && (kept >= 0 || shown.length === 0)
    if (isLast && below) ids.push(id)
    else fresh.set(id, cursor)
  })
  return ids
}
