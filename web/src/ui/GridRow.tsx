import { Checkbox } from '@mantine/core'
import { memo, useLayoutEffect, useRef, useState, type KeyboardEvent } from 'react'

import { meansRow, toggled, type Column, type Drawn } from './columns'
import { list as texts } from './listTexts'
import classes from './OpsTable.module.css'
import { RecordLink, type Target } from './record'

/** What can be done from a row. Stays the same object, so that a scroll draws only rows that come into view. */
export interface Acts<Row> {
  target: (row: Row) => Target | undefined
  opens: () => boolean
  open: (row: Row, id: string) => void
  remember: (row: Row, id: string) => void
  focus: (id: string) => void
  /** The focus goes so many rows further; to the first or the last one at most. */
  move: (index: number, step: number) => void
  toggle: (id: string) => void
}

export function useActs<Row>(drawn: Drawn<Row>): Acts<Row> {
  const latest = useRef(drawn)
  useLayoutEffect(() => {
    latest.current = drawn
  })
  const [acts] = useState<Acts<Row>>(() => ({
    target: (row) => latest.current.record?.(row),
    opens: () => latest.current.open !== undefined,
    open: (row, id) => latest.current.open?.(row, id),
    remember: (row, id) => latest.current.remember?.(row, id),
    focus: (id) => latest.current.list.focus(id),
    move: (index, step) => {
      const { list, view } = latest.current
      const next = view.rows[Math.max(0, Math.min(index + step, view.rows.length - 1))]
      if (next) list.focus(next.id)
    },
    toggle: (id) => {
      const { selection } = latest.current
      selection?.set(toggled(selection.ids, id))
    },
  }))
  return acts
}

interface Props<Row> {
  id: string
  row: Row
  index: number
  tabIndex: number
  focused: boolean
  altered: boolean
  gone: boolean
  /** Absent where nothing can be selected. */
  selected: boolean | undefined
  columns: Column<Row>[]
  acts: Acts<Row>
  measure?: (element: HTMLTableRowElement | null) => void
}

function Drawing<Row>({ id, row, index, tabIndex, columns, acts, measure, ...is }: Props<Row>) {
  const t = texts.use()
  const target = acts.target(row)
  const press = (event: KeyboardEvent<HTMLTableRowElement>) => {
    // Keys of a button in the row are the button's.
    if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return
    const act: Record<string, () => void> = {
      Enter: () => acts.open(row, id),
      ArrowDown: () => acts.move(index, 1),
      ArrowUp: () => acts.move(index, -1),
      PageDown: () => acts.move(index, 10),
      PageUp: () => acts.move(index, -10),
      Home: () => acts.move(index, -Infinity),
      End: () => acts.move(index, Infinity),
      ...(is.selected === undefined ? {} : { ' ': () => acts.toggle(id) }),
    }
    const run = act[event.key]
    if (!run) return
    event.preventDefault()
    run()
  }
  return (
    <tr
      ref={measure}
      data-index={index}
      data-id={id}
      aria-rowindex={index + 2}
      aria-selected={is.selected}
      tabIndex={tabIndex}
      className={`${classes.row} ${is.altered ? 'kite-flash' : ''}`}
      data-opens={acts.opens() ? '' : undefined}
      data-focused={is.focused ? '' : undefined}
      data-gone={is.gone ? '' : undefined}
      title={is.gone ? t('gone') : undefined}
      onFocus={() => acts.focus(id)}
      onKeyDown={press}
      onClick={(event) => {
        if (meansRow(event)) acts.open(row, id)
      }}
    >
      {is.selected !== undefined && (
        <td>
          <Checkbox
            size="xs"
            tabIndex={-1}
            aria-label={t('select')}
            checked={is.selected}
            onChange={() => acts.toggle(id)}
          />
        </td>
      )}
      {columns.map((column, place) => (
        <td key={column.key} className={column.align && classes.end}>
          {place === 0 && target ? (
            <RecordLink target={target} tabIndex={-1} onOpen={() => acts.remember(row, id)}>
              {column.render(row)}
            </RecordLink>
          ) : (
            column.render(row)
          )}
        </td>
      ))}
    </tr>
  )
}

export const GridRow = memo(Drawing) as typeof Drawing
