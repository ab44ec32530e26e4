import { Button, Group, Text } from '@mantine/core'
import { useEffect, useEffectEvent, type ReactNode } from 'react'

import { isLayerOpen, isTyping } from '@/app/isTyping'
import type { Column, Order, Selection } from './columns'
import { EmptyState } from './EmptyState'
import { list as texts } from './listTexts'
import { cameFrom } from './lists'
import { Loaded } from './Loaded'
import { OpsCards } from './OpsCards'
import { OpsGrid } from './OpsGrid'
import classes from './OpsTable.module.css'
import { useOpenRecord, type Target } from './record'
import type { RowList, View } from './rows'
import { usePhone } from './usePhone'
import { usePrinting } from './usePrinting'
import { useView } from './useRows'

export interface OpsTableProps<Row> {
  /** Names the table for screen readers. */
  label: string
  rows: RowList<Row>
  columns: Column<Row>[]
  /** The record that a row stands for: its first column links to it, click and Enter open it. */
  record?: (row: Row) => Target | undefined
  /** What opening does besides, or instead where rows have no page of their own. */
  onOpen?: (row: Row, id: string) => void
  order?: Order
  onOrder?: (order: Order) => void
  selection?: Selection
  /** What is said when there is nothing. */
  empty: { filtered: boolean; text?: string; reset?: () => void; action?: { label: string; run: () => void } }
  /** What stands beside the total: export, print, actions on the selection. */
  tools?: ReactNode
  /** J and K move through this table; off where a page has several. */
  keys?: boolean
}

/**
 * A list of the server: as long as it is, sorted there, opened by click or Enter, walked by J and K, kept up to
 * date without moving what is being read. Cards on a phone, every row that was read on paper.
 */
export function OpsTable<Row>(props: OpsTableProps<Row>) {
  const { rows: list, columns, record, onOpen, selection, label, empty, keys = true } = props
  const view = useView(list)
  const phone = usePhone()
  const printing = usePrinting()
  const openRecord = useOpenRecord()

  const remember = (row: Row, id: string) => {
    const target = record?.(row)
    // Only rows that are records themselves have neighbours.
    if (target?.id === id) cameFrom(target.kind, list, id)
    else list.focus(id)
    onOpen?.(row, id)
  }
  const open =
    record || onOpen
      ? (row: Row, id: string) => {
          remember(row, id)
          const target = record?.(row)
          if (target) openRecord(target)
        }
      : undefined

  const openFocused = useEffectEvent(() => {
    const found = view.rows.find((each) => each.id === list.snapshot().focused)
    if (found) open?.(found.row, found.id)
  })

  useEffect(() => {
    if (!keys) return
    const press = (event: KeyboardEvent) => {
      if (isTyping(event) || event.ctrlKey || event.metaKey || event.altKey) return
      // By the place of the key: Russian letters are typed with the same keys.
      const step = event.code === 'KeyJ' ? 1 : event.code === 'KeyK' ? -1 : 0
      // Enter comes before its row has taken the focus where a person is quicker than the screen.
      const enters = event.key === 'Enter' && event.target === document.body
      if ((step === 0 && !enters) || isLayerOpen()) return
      event.preventDefault()
      if (step === 0) {
        openFocused()
        return
      }
      void list.neighbour(list.snapshot().focused, step).then((id) => {
        if (id !== undefined) list.focus(id)
      })
    }
    window.addEventListener('keydown', press)
    return () => window.removeEventListener('keydown', press)
  }, [keys, list])

  const drawn = { label, list, view, columns, record, open, remember, selection }
  return (
    <>
      <div className={classes.bar}>
        <Summary list={list} view={view} selected={selection?.ids.size ?? 0} />
        <Group gap="xs" className="kite-screen-only">
          {props.tools}
        </Group>
      </div>
      <Loaded query={queryOf(view, () => list.retry())}>
        {() =>
          view.rows.length === 0 ? (
            <EmptyState
              kind={empty.filtered ? 'filtered' : 'none'}
              text={empty.text}
              action={empty.filtered && empty.reset ? { run: empty.reset } : empty.action}
            />
          ) : phone && !printing ? (
            <OpsCards {...drawn} />
          ) : (
            <OpsGrid {...drawn} order={props.order} onOrder={props.onOrder} printing={printing} />
          )
        }
      </Loaded>
    </>
  )
}

/** How many rows there are, and what has changed since they were shown. */
function Summary<Row>({ list, view, selected }: { list: RowList<Row>; view: View<Row>; selected: number }) {
  const t = texts.use()
  const gone = view.gone.size
  const changes = [
    view.fresh > 0 ? t('fresh', { count: view.fresh }) : '',
    gone > 0 ? t('left', { count: gone }) : '',
  ].filter((part) => part !== '')
  return (
    <Group gap="xs" role="status" aria-live="polite">
      {!view.pending && <Text size="sm">{t(view.over ? 'total_over' : 'total', { count: view.total })}</Text>}
      {selected > 0 && (
        <Text size="sm" fw={600}>
          {t('selected', { count: selected })}
        </Text>
      )}
      {changes.length > 0 && (
        <Button size="compact-sm" radius="xl" onClick={() => list.refresh()} data-fresh={view.fresh}>
          {changes.join(', ')} · {t('show_fresh')}
        </Button>
      )}
    </Group>
  )
}

export function queryOf<Row>(view: View<Row>, retry: () => void) {
  return {
    data: view.pending && !view.borrowed ? undefined : view,
    error: view.error,
    isPending: view.pending,
    dataUpdatedAt: view.readAt,
    refetch: (() => {
      retry()
      return Promise.resolve()
    }) as never,
  }
}
