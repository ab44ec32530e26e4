import { Badge, Button, Group, Text } from '@mantine/core'
import { useEffect } from 'react'

import { BuyoutService, BuyoutSummarySchema, type BuyoutSummary } from '@/gen/kite/buyout/v1/buyout_pb'
import { useCodes, word } from '@/ui/codes'
import { meansRow } from '@/ui/columns'
import { Icon } from '@/ui/Icon'
import { cameFrom } from '@/ui/lists'
import { list as listTexts } from '@/ui/listTexts'
import { Loaded } from '@/ui/Loaded'
import { queryOf } from '@/ui/OpsTable'
import { RecordLink, useOpenRecord } from '@/ui/record'
import { useRows, useView } from '@/ui/useRows'
import classes from './Board.module.css'
import { TroubleMark, Waiting } from './columns'
import { buyoutsRequest } from './filter'
import { buyoutsTexts } from './listTexts'
import type { BuyoutSearch } from './search'
import { stagesIn, type Group as StageGroup } from './stages'

/** Cards of one column, the earliest deadline on top. */
export function BoardCards({ group, search }: { group: StageGroup; search: BuyoutSearch }) {
  const t = buyoutsTexts.use()
  const lists = listTexts.use()
  const stages = stagesIn(group, search.stages)
  const list = useRows({
    name: `board:${group}`,
    method: BuyoutService.method.listBuyouts,
    input: { ...buyoutsRequest({ ...search, stages, order: 'DEADLINE', asc: true }), active: undefined },
    row: BuyoutSummarySchema,
    read: ({ buyouts, page }) => ({ rows: buyouts, page }),
    id: (run) => run.id,
    size: 30,
    moving: true,
  })
  const view = useView(list)
  useEffect(() => list.watch(0, view.rows.length), [list, view.rows.length])
  const open = useOpenRecord()
  return (
    <Loaded query={queryOf(view, () => list.retry())}>
      {() => (
        <ul className={classes.cards} aria-label={t(`group_${group}`)}>
          {view.rows.length === 0 && (
            <Text component="li" size="sm" p={4}>
              {t('column_empty')}
            </Text>
          )}
          {view.rows.map(({ id, row }) => (
            <li key={id}>
              <Card
                run={row}
                flash={view.altered.has(id)}
                named={stages.length > 1}
                remember={() => cameFrom('buyout', list, id)}
                open={() => {
                  cameFrom('buyout', list, id)
                  open({ kind: 'buyout', id })
                }}
              />
            </li>
          ))}
          {view.more && (
            <li>
              <Button
                size="compact-sm"
                variant="default"
                fullWidth
                loading={view.loadingMore}
                onClick={() => void list.more()}
              >
                {lists('more')}
              </Button>
            </li>
          )}
        </ul>
      )}
    </Loaded>
  )
}

function Card({
  run,
  flash,
  named,
  open,
  remember,
}: {
  run: BuyoutSummary
  flash: boolean
  /** The column has several stages: the card says which. */
  named: boolean
  open: () => void
  remember: () => void
}) {
  const t = buyoutsTexts.use()
  useCodes()
  return (
    <article
      className={`${classes.card} ${flash ? 'kite-flash' : ''}`}
      data-id={run.id}
      data-overdue={run.overdue ? '' : undefined}
      onClick={(event) => {
        if (meansRow(event)) open()
      }}
    >
      <RecordLink target={{ kind: 'buyout', id: run.id }} onOpen={remember}>
        {run.car || t('deal', { id: String(run.dealId) })}
      </RecordLink>
      <Text size="xs" className="kite-mono">
        {run.plate || run.identifier}
      </Text>
      <div>
        <Waiting run={run} />
      </div>
      <Group gap={4}>
        {named && (
          <Badge variant="outline" color="gray" size="sm" tt="none" autoContrast>
            {run.stageTitle || word('stage', run.stage)}
          </Badge>
        )}
        {run.trouble !== '' && <TroubleMark label={t('trouble')} />}
      </Group>
      <Text size="xs">{[run.city, run.inspector?.name].filter(Boolean).join(' · ')}</Text>
    </article>
  )
}

export function ColumnCount({ count, overdue }: { count: number; overdue: number }) {
  const t = buyoutsTexts.use()
  return (
    <>
      <Text span size="sm">
        {count}
      </Text>
      {overdue > 0 && (
        <span className={classes.late}>
          <Icon name="clock" size={12} />
          {t('overdue_count', { count: overdue })}
        </span>
      )}
    </>
  )
}
