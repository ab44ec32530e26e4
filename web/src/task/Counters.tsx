import { useQuery } from '@connectrpc/connect-query'
import { Group, UnstyledButton } from '@mantine/core'

import { TaskService } from '@/gen/kite/task/v1/task_pb'
import { Icon } from '@/ui/Icon'
import classes from './Counters.module.css'
import { tasksTexts } from './listTexts'

/** Open tasks by kind; a click shows one kind. A decoration of the list: it says nothing when it fails. */
export function Counters({
  mine,
  kind,
  choose,
}: {
  mine: boolean
  kind: string | undefined
  choose: (kind: string | undefined) => void
}) {
  const t = tasksTexts.use()
  const { data } = useQuery(TaskService.method.countTasks, {})
  const counts = (data?.counts ?? []).filter((each) => (mine ? each.mine : each.open) > 0n)
  if (counts.length === 0) return null
  return (
    <Group gap={6} role="group" aria-label={t('counters')} className="kite-scroll kite-screen-only">
      {counts.map((each) => (
        <UnstyledButton
          key={each.kind}
          className={classes.counter}
          aria-pressed={each.kind === kind}
          onClick={() => choose(each.kind === kind ? undefined : each.kind)}
        >
          {each.title} <b>{String(mine ? each.mine : each.open)}</b>
          {!mine && each.overdue > 0n && (
            <span
              className={classes.late}
              title={t('counter_overdue', { count: Number(each.overdue) })}
              aria-label={t('counter_overdue', { count: Number(each.overdue) })}
              role="img"
            >
              <Icon name="clock" size={12} /> {String(each.overdue)}
            </span>
          )}
        </UnstyledButton>
      ))}
    </Group>
  )
}
