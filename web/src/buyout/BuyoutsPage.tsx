import { getRouteApi } from '@tanstack/react-router'

import { buyouts } from '@/api/transport'
import { BuyoutService, BuyoutSummarySchema } from '@/gen/kite/buyout/v1/buyout_pb'
import { FilterBar } from '@/ui/FilterBar'
import { LinkButton } from '@/ui/links'
import { ListPage } from '@/ui/ListPage'
import { ExportButton, PrintButton } from '@/ui/ListTools'
import { OpsTable } from '@/ui/OpsTable'
import { useRows } from '@/ui/useRows'
import { SavedViews } from '@/view/SavedViews'
import { useBuyoutColumns } from './columns'
import { buyoutsRequest, countFilters } from './filter'
import { Filters } from './Filters'
import { buyoutsTexts } from './listTexts'
import { buyoutSearch, type BuyoutSearch } from './search'

const route = getRouteApi('/shell/buyouts')

/** All runs: at which stage, who is awaited, until when, what went wrong. */
export default function BuyoutsPage() {
  const t = buyoutsTexts.use()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const columns = useBuyoutColumns()
  const request = buyoutsRequest(search)
  const rows = useRows({
    name: 'buyouts',
    method: BuyoutService.method.listBuyouts,
    input: request,
    row: BuyoutSummarySchema,
    read: ({ buyouts: found, page }) => ({ rows: found, page }),
    id: (run) => run.id,
  })
  const go = (next: BuyoutSearch, replace = false) => void navigate({ search: next, replace })
  const reset = () => go({ order: search.order, asc: search.asc })
  const filtered = countFilters(search) > 0 || search.q !== undefined
  return (
    <ListPage
      title={t('title')}
      actions={
        <LinkButton to="/board" search={search} size="compact-sm" variant="default">
          {t('to_board')}
        </LinkButton>
      }
    >
      <FilterBar
        text={search.q}
        onText={(q) => go({ ...search, q }, true)}
        placeholder={t('search')}
        count={countFilters(search)}
        reset={reset}
        saved={<SavedViews list="buyouts" search={search} apply={(raw) => go(buyoutSearch(raw))} />}
      >
        <Filters search={search} go={go} />
      </FilterBar>
      <OpsTable
        label={t('title')}
        rows={rows}
        columns={columns}
        record={(run) => ({ kind: 'buyout', id: run.id })}
        order={{ by: search.order ?? 'STARTED', ascending: search.asc ?? false }}
        onOrder={({ by, ascending }) => {
          const { order, asc } = buyoutSearch({ order: by, asc: ascending || undefined })
          go({ ...search, order, asc })
        }}
        empty={{ filtered, text: filtered ? undefined : t('empty'), reset }}
        tools={
          <>
            <ExportButton start={() => buyouts.exportBuyouts({ filter: request }, { timeoutMs: 300_000 })} />
            <PrintButton list={rows} />
          </>
        }
      />
    </ListPage>
  )
}
