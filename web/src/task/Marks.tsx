import { Badge } from '@mantine/core'

import type { Task } from '@/gen/kite/task/v1/task_pb'
import { Icon } from '@/ui/Icon'
import { tasksTexts } from './listTexts'

/** Late and escalated, in words and with a sign. */
export function Marks({ task }: { task: Pick<Task, 'overdue' | 'escalated' | 'state'> }) {
  const t = tasksTexts.use()
  const open = task.state === 'OPEN' || task.state === 'CLAIMED'
  if (!open || (!task.overdue && task.escalated === 0)) return null
  return (
    <>
      {task.overdue && (
        <Badge color="red" variant="light" size="sm" leftSection={<Icon name="clock" size={12} />} tt="none">
          {t('mark_overdue')}
        </Badge>
      )}
      {task.escalated > 0 && (
        <Badge
          color="orange"
          variant="light"
          size="sm"
          leftSection={<Icon name="escalated" size={12} />}
          tt="none"
        >
          {task.escalated > 1 ? t('mark_escalated_times', { count: task.escalated }) : t('mark_escalated')}
        </Badge>
      )}
    </>
  )
}
