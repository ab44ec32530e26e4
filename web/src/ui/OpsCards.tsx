import { Text } from '@mantine/core'
import { useWindowVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useLayoutEffect, useRef, useState } from 'react'

import { meansRow, type Drawn } from './columns'
import { list as texts } from './listTexts'
import { MoreRows } from './MoreRows'
import classes from './OpsTable.module.css'
import { RecordLink } from './record'

/** The list on a phone: a card for each row, scrolled with the page. */
export function OpsCards<Row>(props: Drawn<Row>) {
  const { list, view } = props
  const element = useRef<HTMLUListElement>(null)
  const [top, setTop] = useState(0)
  // Whatever is above the list may change its height; measuring again changes nothing twice.
  // eslint-disable-next-line react-hooks/exhaustive-deps
  useLayoutEffect(() => {
    const measured = (element.current?.getBoundingClientRect().top ?? 0) + window.scrollY
    if (Math.abs(measured - top) > 1) setTop(measured)
  })
  const rows = view.rows
  const virtual = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => 132,
    getItemKey: (index) => rows[index]?.id ?? index,
    overscan: 6,
    scrollMargin: top,
  })
  const items = virtual.getVirtualItems()
  const first = items[0]?.index ?? 0
  const last = items.at(-1)?.index ?? 0
  useEffect(() => {
    list.watch(first, last)
    if (view.more && last >= rows.length - 10) void list.more()
  }, [list, first, last, view.more, rows.length])
  return (
    <>
      <ul
        ref={element}
        className={`${classes.cards} ${view.borrowed ? classes.borrowed : ''}`}
        style={{ height: virtual.getTotalSize() }}
        aria-label={props.label}
        aria-busy={view.borrowed || view.loadingMore}
      >
        {items.map((item) => (
          <li
            key={item.key}
            ref={virtual.measureElement}
            data-index={item.index}
            className={classes.card}
            style={{ transform: `translateY(${item.start - top}px)` }}
          >
            <Card {...props} index={item.index} />
          </li>
        ))}
      </ul>
      <MoreRows list={list} view={view} />
    </>
  )
}

function Card<Row>({ index, view, columns, record, remember, open }: Drawn<Row> & { index: number }) {
  const t = texts.use()
  const found = view.rows[index]
  if (!found) return null
  const { id, row } = found
  const [title, ...rest] = columns.filter((column) => !column.hideOnPhone)
  const target = record?.(row)
  const gone = view.gone.has(id)
  return (
    <article
      className={`${classes.paper} ${view.altered.has(id) ? 'kite-flash' : ''}`}
      data-id={id}
      data-gone={gone ? '' : undefined}
      title={gone ? t('gone') : undefined}
      onClick={(event) => {
        if (open && meansRow(event)) open(row, id)
      }}
    >
      {title && (
        <div>
          {target ? (
            <RecordLink target={target} onOpen={() => remember?.(row, id)}>
              {title.render(row)}
            </RecordLink>
          ) : (
            title.render(row)
          )}
        </div>
      )}
      <div className={classes.facts}>
        {rest.map((column) => {
          const value = column.render(row)
          if (value === null || value === undefined || value === '' || value === false) return null
          return (
            <div key={column.key} className={column.wideOnPhone ? classes.wide : undefined}>
              {column.labelOnPhone && (
                <Text span size="xs" c="dimmed">
                  {column.title}:{' '}
                </Text>
              )}
              {value}
            </div>
          )
        })}
      </div>
    </article>
  )
}
