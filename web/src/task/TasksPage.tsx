import { Chip, Group, Select, Tabs } from '@mantine/core'
import { getRouteApi } from '@tanstack/react-router'

import { tasks } from '@/api/transport'
import { TaskSchema, TaskService } from '@/gen/kite/task/v1/task_pb'
import { codesOf, useCodes, word } from '@/ui/codes'
import { CityFilter } from '@/ui/CityFilter'
import { FilterBar } from '@/ui/FilterBar'
import { ListPage } from '@/ui/ListPage'
import { ExportButton, PrintButton } from '@/ui/ListTools'
import { OpsTable } from '@/ui/OpsTable'
import { useRows } from '@/ui/useRows'
import { SavedViews } from '@/view/SavedViews'
import { useTaskColumns } from './columns'
import { Counters } from './Counters'
import { countFilters, tabOf, TABS, tasksRequest, withTab, type Tab } from './filter'
import { tasksTexts } from './listTexts'
import { taskSearch, type TaskSearch } from './search'
import { TakeNext } from './TakeNext'

const route = getRouteApi('/shell/tasks/')

/** What is asked of me and of my roles, the earliest deadline first. */
export default function TasksPage() {
  const t = tasksTexts.use()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const tab = tabOf(search)
  const columns = useTaskColumns(tab === 'closed')
  const request = tasksRequest(search)
  const rows = useRows({
    name: 'tasks',
    method: TaskService.method.listTasks,
    input: request,
    row: TaskSchema,
    read: ({ tasks: found, page }) => ({ rows: found, page }),
    id: (task) => task.id,
  })
  const go = (next: TaskSearch, replace = false) => void navigate({ search: next, replace })
  const reset = () => go(withTab({}, tab))
  const filtered = countFilters(search) > 0 || search.q !== undefined
  return (
    <ListPage title={t('title')} actions={<TakeNext kind={search.kind} city={search.city} size="sm" />}>
      <Tabs value={tab} onChange={(next) => go(withTab(search, (next ?? 'all') as Tab))}>
        <Tabs.List aria-label={t('tabs')} className="kite-screen-only">
          {TABS.map((each) => (
            <Tabs.Tab key={each} value={each}>
              {t(`tab_${each}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
      </Tabs>
      <FilterBar
        text={search.q}
        onText={(q) => go({ ...search, q }, true)}
        placeholder={t('search')}
        count={countFilters(search)}
        reset={reset}
        saved={<SavedViews list="tasks" search={search} apply={(raw) => go(taskSearch(raw))} />}
      >
        <Filters search={search} go={go} />
      </FilterBar>
      {tab !== 'closed' && (
        <Counters mine={tab === 'mine'} kind={search.kind} choose={(kind) => go({ ...search, kind })} />
      )}
      <OpsTable
        label={t('title')}
        rows={rows}
        columns={columns}
        record={(task) => ({ kind: 'task', id: task.id })}
        empty={{ filtered, text: filtered ? undefined : t(`empty_${tab}`), reset }}
        tools={
          <>
            <ExportButton start={() => tasks.exportTasks({ filter: request }, { timeoutMs: 300_000 })} />
            <PrintButton list={rows} />
          </>
        }
      />
    </ListPage>
  )
}

function Filters({ search, go }: { search: TaskSearch; go: (next: TaskSearch) => void }) {
  const t = tasksTexts.use()
  useCodes()
  return (
    <>
      <Select
        label={t('kind')}
        placeholder={t('kind_any')}
        w={240}
        clearable
        searchable
        data={codesOf('task_kind').map((kind) => ({ value: kind, label: word('task_kind', kind) }))}
        value={search.kind ?? null}
        onChange={(kind) => go({ ...search, kind: kind ?? undefined })}
      />
      <CityFilter value={search.city} onChange={(city) => go({ ...search, city })} />
      {!search.closed && (
        <Group gap={6} pb={4}>
          <Chip
            size="xs"
            checked={search.overdue ?? false}
            onChange={(on) => go({ ...search, overdue: on || undefined })}
          >
            {t('overdue')}
          </Chip>
          <Chip
            size="xs"
            checked={search.escalated ?? false}
            onChange={(on) => go({ ...search, escalated: on || undefined })}
          >
            {t('escalated')}
          </Chip>
        </Group>
      )}
    </>
  )
}
