import { Checkbox, UnstyledButton, VisuallyHidden } from '@mantine/core'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useRef } from 'react'

import type { Column, Drawn, Order } from './columns'
import { GridRow, useActs } from './GridRow'
import { Icon } from './Icon'
import { list as texts } from './listTexts'
import { MoreRows } from './MoreRows'
import classes from './OpsTable.module.css'

const ROW = 40

interface Props<Row> extends Drawn<Row> {
  order?: Order
  onOrder?: (order: Order) => void
  /** Every row that was read, without scrolling. */
  printing: boolean
}

/** The list as a table: only the rows on the screen are there, a real table for screen readers. */
export function OpsGrid<Row>(props: Props<Row>) {
  const { list, view, columns, selection, printing } = props
  const scroll = useRef<HTMLDivElement>(null)
  const rows = view.rows
  // eslint-disable-next-line react-hooks/incompatible-library -- nothing here is memoized by a compiler
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => ROW,
    getItemKey: (index) => rows[index]?.id ?? index,
    overscan: 12,
  })
  const items = virtual.getVirtualItems()
  const first = printing ? 0 : (items[0]?.index ?? 0)
  const last = printing ? rows.length - 1 : (items.at(-1)?.index ?? 0)
  useEffect(() => {
    if (printing) return
    list.watch(first, last)
    if (view.more && last >= rows.length - 20) void list.more()
  }, [list, first, last, view.more, rows.length, printing])

  // Another filter begins at its beginning, unless somebody comes back to a row.
  useEffect(() => {
    if (list.snapshot().focused === undefined) scroll.current?.scrollTo({ top: 0 })
  }, [list])

  const at = rows.findIndex((each) => each.id === view.focused)
  useEffect(() => {
    if (at < 0) return
    virtual.scrollToIndex(at, { align: 'auto' })
    const frame = requestAnimationFrame(() => {
      const row = scroll.current?.querySelector<HTMLElement>(`[data-index="${at}"]`)
      // Somebody who is at a button of the row, or types elsewhere, stays there.
      const active = document.activeElement
      if (row && !row.contains(active) && !(active instanceof HTMLInputElement))
        row.focus({ preventScroll: true })
    })
    return () => cancelAnimationFrame(frame)
    // Follows the focus, not the rows: a row that moves takes nobody along.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [view.focused])

  const acts = useActs(props)
  const span = columns.length + (selection ? 1 : 0)
  const before = printing ? 0 : (items[0]?.start ?? 0)
  const after = printing ? 0 : virtual.getTotalSize() - (items.at(-1)?.end ?? 0)
  const stop = at >= first && at <= last ? at : first
  const shown = printing ? rows.map((_, index) => index) : items.map((item) => item.index)
  const least = columns.reduce((sum, column) => sum + (column.width ?? 160), selection ? 44 : 0)
  return (
    <div className={classes.scroll} ref={scroll}>
      <table
        role="grid"
        className={classes.table}
        style={{ minWidth: least }}
        aria-label={props.label}
        aria-rowcount={view.total + 1}
        aria-busy={view.borrowed || view.loadingMore}
      >
        <colgroup>
          {selection && <col style={{ width: 44 }} />}
          {columns.map((column) => (
            <col key={column.key} style={{ width: column.width }} />
          ))}
        </colgroup>
        <Head {...props} />
        <tbody className={view.borrowed ? classes.borrowed : undefined}>
          {before > 0 && <Space height={before} span={span} />}
          {shown.map((index) => {
            const found = rows[index]
            if (!found) return null
            const { id, row } = found
            return (
              <GridRow
                key={id}
                id={id}
                row={row}
                index={index}
                tabIndex={index === stop ? 0 : -1}
                focused={view.focused === id}
                altered={view.altered.has(id)}
                gone={view.gone.has(id)}
                selected={selection?.ids.has(id)}
                columns={columns}
                acts={acts}
                measure={printing ? undefined : virtual.measureElement}
              />
            )
          })}
          {after > 0 && <Space height={after} span={span} />}
        </tbody>
      </table>
      <MoreRows list={list} view={view} />
    </div>
  )
}

/** Stands in for rows that are not on the screen. */
function Space({ height, span }: { height: number; span: number }) {
  return (
    <tr aria-hidden className={classes.space}>
      <td colSpan={span} style={{ height }} />
    </tr>
  )
}

function Head<Row>({ columns, view, order, onOrder, selection }: Props<Row>) {
  const t = texts.use()
  const all = selection !== undefined && view.rows.every(({ id }) => selection.ids.has(id))
  return (
    <thead>
      <tr aria-rowindex={1}>
        {selection && (
          <th scope="col">
            <Checkbox
              size="xs"
              aria-label={t('select_all')}
              checked={all && view.rows.length > 0}
              indeterminate={!all && selection.ids.size > 0}
              onChange={() => selection.set(all ? new Set() : new Set(view.rows.map(({ id }) => id)))}
            />
          </th>
        )}
        {columns.map((column) => (
          <Title key={column.key} column={column} order={order} onOrder={onOrder} />
        ))}
      </tr>
    </thead>
  )
}

function Title<Row>({
  column,
  order,
  onOrder,
}: {
  column: Column<Row>
  order?: Order
  onOrder?: (order: Order) => void
}) {
  const t = texts.use()
  const by = column.sort
  const chosen = by !== undefined && order?.by === by
  const sorted = chosen ? (order.ascending ? 'ascending' : 'descending') : undefined
  return (
    <th scope="col" aria-sort={sorted} className={column.align && classes.end}>
      {by !== undefined && onOrder ? (
        <UnstyledButton
          className={classes.sort}
          onClick={() => onOrder({ by, ascending: chosen ? !order.ascending : true })}
        >
          {column.title}
          {sorted && <Icon name={sorted === 'ascending' ? 'up' : 'down'} size={14} />}
          {sorted && <VisuallyHidden>{t(`sorted_${sorted}`)}</VisuallyHidden>}
        </UnstyledButton>
      ) : (
        column.title
      )}
    </th>
  )
}
