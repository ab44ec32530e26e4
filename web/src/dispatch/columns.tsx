import { Button } from '@mantine/core'

import type { Task } from '@/gen/kite/task/v1/task_pb'
import { Car } from '@/task/columns'
import { Due } from '@/task/Due'
import type { Column } from '@/ui/columns'
import type { Tab } from './search'
import { dispatch as texts } from './texts'
import { VisitCell } from './VisitFacts'

/** Columns of the two lists; `chosen` is the task whose inspector is being chosen. */
export function useDispatchColumns(
  tab: Tab,
  chosen: string | undefined,
  choose: (task: Task) => void,
): Column<Task>[] {
  const t = texts.use()
  const action = tab === 'running' ? t('choose_again') : t('choose')
  const columns: Column<Task>[] = [
    { key: 'car', title: t('col_car'), width: 190, render: (task) => <Car task={task} /> },
    {
      key: 'place',
      title: t('col_place'),
      render: (task) => <VisitCell buyoutId={task.buyoutId} city={task.city} />,
    },
  ]
  if (tab === 'running') {
    columns.push({
      key: 'who',
      title: t('col_who'),
      width: 120,
      render: (task) => <span className="kite-words">{(task.owner ?? task.assignee)?.name ?? ''}</span>,
    })
  }
  columns.push(
    {
      key: 'due',
      title: t('col_due'),
      width: 165,
      render: (task) => <Due task={task} />,
    },
    {
      key: 'act',
      title: t('col_act'),
      width: 112,
      render: (task) => (
        <Button
          size="compact-sm"
          variant={chosen === task.id ? 'filled' : 'default'}
          aria-pressed={chosen === task.id}
          aria-label={t('choose_for', { action, car: task.car || String(task.dealId) })}
          onClick={() => choose(task)}
        >
          {action}
        </Button>
      ),
    },
  )
  return columns
}
