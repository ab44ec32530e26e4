import { useQuery } from '@connectrpc/connect-query'
import { Title } from '@mantine/core'
import { getRouteApi } from '@tanstack/react-router'
import { lazy, Suspense, type KeyboardEvent } from 'react'

import { BuyoutService, type StageCount } from '@/gen/kite/buyout/v1/buyout_pb'
import { FilterBar } from '@/ui/FilterBar'
import { LinkButton } from '@/ui/links'
import { ListPage } from '@/ui/ListPage'
import { PrintButton } from '@/ui/ListTools'
import { usePhone } from '@/ui/usePhone'
import classes from './Board.module.css'
import { BoardCards, ColumnCount } from './BoardColumn'
import { buyoutsRequest, countFilters } from './filter'
import { Filters } from './Filters'
import { buyoutsTexts } from './listTexts'
import { buyoutSearch, type BuyoutSearch } from './search'
import { groupsOf, stagesIn, type Group as StageGroup } from './stages'

const BoardStages = lazy(() => import('./BoardStages'))
const SavedViews = lazy(() => import('@/view/SavedViews').then((view) => ({ default: view.SavedViews })))

const route = getRouteApi('/shell/board')

/** All runs by stage: how many, how many late, who is awaited. */
export default function BoardPage() {
  const t = buyoutsTexts.use()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const phone = usePhone()
  const { data } = useQuery(BuyoutService.method.countBuyouts, {
    filter: { ...buyoutsRequest(search), order: '', ascending: false },
  })
  const go = (next: BuyoutSearch, replace = false) => void navigate({ search: next, replace })
  const groups = groupsOf(search)
  const counted = (group: StageGroup) => sum(data?.counts ?? [], stagesIn(group, search.stages))
  return (
    <ListPage
      title={t('board')}
      actions={
        <>
          <PrintButton />
          <LinkButton to="/buyouts" search={search} size="compact-sm" variant="default">
            {t('to_list')}
          </LinkButton>
        </>
      }
    >
      <FilterBar
        text={search.q}
        onText={(q) => go({ ...search, q }, true)}
        placeholder={t('search')}
        count={countFilters(search)}
        reset={() => go({})}
        saved={
          <Suspense>
            <SavedViews list="buyouts" search={search} apply={(raw) => go(buyoutSearch(raw))} />
          </Suspense>
        }
      >
        <Filters search={search} go={go} />
      </FilterBar>
      {phone ? (
        <Suspense>
          <BoardStages groups={groups} search={search} counted={counted} />
        </Suspense>
      ) : (
        <div className={classes.board} onKeyDown={walk}>
          {groups.map((group) => (
            <section key={group} className={classes.column} aria-label={t(`group_${group}`)} data-column>
              <div className={classes.head}>
                <Title order={2} size="h6">
                  {t(`group_${group}`)}
                </Title>
                <ColumnCount {...counted(group)} />
              </div>
              <BoardCards group={group} search={search} />
            </section>
          ))}
        </div>
      )}
    </ListPage>
  )
}

function sum(counts: StageCount[], stages: string[]): { count: number; overdue: number } {
  const mine = counts.filter((each) => stages.includes(each.stage))
  return {
    count: mine.reduce((all, each) => all + Number(each.count), 0),
    overdue: mine.reduce((all, each) => all + Number(each.overdue), 0),
  }
}

/** Arrows, and J and K, walk over the cards. */
function walk(event: KeyboardEvent<HTMLDivElement>): void {
  const step = {
    ArrowDown: [0, 1],
    KeyJ: [0, 1],
    ArrowUp: [0, -1],
    KeyK: [0, -1],
    ArrowRight: [1, 0],
    ArrowLeft: [-1, 0],
  }[event.code]
  if (!step || event.ctrlKey || event.metaKey || event.altKey) return
  const columns = [...event.currentTarget.querySelectorAll('[data-column]')].map((column) => [
    ...column.querySelectorAll<HTMLElement>('article a'),
  ])
  const at = columns.findIndex((cards) => cards.includes(document.activeElement as HTMLElement))
  const row = columns[at]?.indexOf(document.activeElement as HTMLElement) ?? -1
  if (row < 0) return
  const [across = 0, down = 0] = step
  let column = at + across
  while (columns[column]?.length === 0) column += across
  const cards = columns[column]
  const next = cards?.[Math.max(0, Math.min(row + down, cards.length - 1))]
  if (!next) return
  event.preventDefault()
  next.focus()
}
