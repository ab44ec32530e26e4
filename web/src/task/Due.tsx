import { Badge, Group, Text } from '@mantine/core'

import type { Task } from '@/gen/kite/task/v1/task_pb'
import { Deadline } from '@/ui/Deadline'
import { Icon } from '@/ui/Icon'
import { tasksTexts } from './listTexts'

/** Until when; late and escalated in words and with a sign. */
export function Due({
  task,
}: {
  task: Pick<Task, 'dueAt' | 'overdue' | 'escalated' | 'state' | 'timeZone'>
}) {
  const t = tasksTexts.use()
  const open = task.state === 'OPEN' || task.state === 'CLAIMED'
  return (
    <Group gap={4}>
      <Group gap={4} wrap="nowrap">
        {open && task.overdue && (
          <Text span c="var(--kite-late)" lh={1} title={t('mark_overdue')}>
            <Icon name="clock" size={14} />
          </Text>
        )}
        <Deadline at={task.dueAt} zone={task.timeZone} />
      </Group>
      {open && task.escalated > 0 && (
        <Badge
          color="orange"
          variant="light"
          c="var(--kite-soon)"
          size="sm"
          tt="none"
          leftSection={<Icon name="escalated" size={12} />}
        >
          {task.escalated > 1 ? t('mark_escalated_times', { count: task.escalated }) : t('mark_escalated')}
        </Badge>
      )}
    </Group>
  )
}
