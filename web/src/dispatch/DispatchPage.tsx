import { useQuery } from '@connectrpc/connect-query'
import { Badge, Chip, Drawer, Group, Stack, Tabs, Text, Title } from '@mantine/core'
import { getRouteApi } from '@tanstack/react-router'

import { TaskSchema, TaskService } from '@/gen/kite/task/v1/task_pb'
import { CityFilter } from '@/ui/CityFilter'
import { FilterBar } from '@/ui/FilterBar'
import { ListPage } from '@/ui/ListPage'
import { OpsTable } from '@/ui/OpsTable'
import { usePhone } from '@/ui/usePhone'
import { useRows } from '@/ui/useRows'
import { ChosenInspection } from './ChosenInspection'
import { useDispatchColumns } from './columns'
import classes from './Dispatch.module.css'
import { InspectorList } from './InspectorList'
import { countFilters, dispatchRequest, kindOf, tabOf, TABS, type DispatchSearch } from './search'
import { dispatch as texts } from './texts'

const route = getRouteApi('/shell/dispatch')

/** Inspections that wait for an inspector and those that run, beside the inspectors and their load. */
export default function DispatchPage() {
  const t = texts.use()
  const phone = usePhone()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const tab = tabOf(search)
  const go = (next: DispatchSearch, replace = false) => void navigate({ search: next, replace })
  const choose = (item: string | undefined) => go({ ...search, item }, true)
  const columns = useDispatchColumns(tab, search.item, (task) => choose(task.id))
  const rows = useRows({
    name: 'dispatch',
    method: TaskService.method.listTasks,
    input: dispatchRequest(search),
    row: TaskSchema,
    read: ({ tasks, page }) => ({ rows: tasks, page }),
    id: (task) => task.id,
  })
  const filtered = countFilters(search) > 0 || search.q !== undefined
  const reset = () => go({ tab: search.tab, item: search.item })
  const chosen = search.item !== undefined && (
    <ChosenInspection id={search.item} done={() => choose(undefined)} />
  )
  return (
    <ListPage title={t('title')}>
      <Tabs
        value={tab}
        onChange={(next) =>
          go({ ...search, tab: next === 'running' ? 'running' : undefined, item: undefined })
        }
      >
        <Tabs.List aria-label={t('tabs')} className="kite-screen-only">
          {TABS.map((each) => (
            <Tabs.Tab key={each} value={each} rightSection={<Count kind={kindOf(each)} />}>
              {t(each)}
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
      >
        <CityFilter value={search.city} onChange={(city) => go({ ...search, city })} />
        <Group pb={4}>
          <Chip
            size="xs"
            checked={search.overdue ?? false}
            onChange={(on) => go({ ...search, overdue: on || undefined })}
          >
            {t('overdue')}
          </Chip>
        </Group>
      </FilterBar>
      <div className={classes.panes}>
        <div className={classes.list}>
          <OpsTable
            label={t(tab)}
            rows={rows}
            columns={columns}
            onOpen={(task) => choose(task.id)}
            empty={{ filtered, text: filtered ? undefined : t(`empty_${tab}`), reset }}
          />
        </div>
        {!phone && (
          <aside className={classes.side} aria-label={t('inspectors')}>
            {chosen || <Everybody city={search.city ?? ''} />}
          </aside>
        )}
      </div>
      {phone && (
        <Drawer
          opened={search.item !== undefined}
          onClose={() => choose(undefined)}
          position="bottom"
          size="90%"
          title={t('inspectors')}
          closeButtonProps={{ 'aria-label': t('close') }}
        >
          {chosen}
        </Drawer>
      )}
    </ListPage>
  )
}

/** Who works where, while nothing is chosen. */
function Everybody({ city }: { city: string }) {
  const t = texts.use()
  return (
    <Stack gap="sm">
      <Title order={2} size="h4">
        {city === '' ? t('inspectors') : t('inspectors_of', { city })}
      </Title>
      <Text size="sm">{t('pick_first')}</Text>
      <InspectorList city={city} />
    </Stack>
  )
}

/** How many tasks of a kind there are, whatever the filter says. */
function Count({ kind }: { kind: string }) {
  const { data } = useQuery(TaskService.method.countTasks, {})
  const found = data?.counts.find((count) => count.kind === kind)
  if (!found || found.open === 0n) return null
  return (
    <Badge size="sm" variant="light" color={found.overdue > 0n ? 'red' : undefined}>
      {String(found.open)}
    </Badge>
  )
}
