import { Badge, Table, Text } from '@mantine/core'

import type { Buyout } from '@/gen/kite/buyout/v1/buyout_pb'
import { LinkAnchor } from '@/ui/links'
import { useCodes, word } from '@/ui/codes'
import { EmptyState } from '@/ui/EmptyState'
import { formatTime } from '@/ui/time'
import { WideTable } from '@/ui/WideTable'
import { task as taskTexts } from '@/task/texts'
import { buyout as texts } from './texts'

/** Everything that the run asked of people, the latest first. */
export function TasksTab({ buyout }: { buyout: Buyout }) {
  const t = texts.use()
  const tt = taskTexts.use()
  useCodes()
  if (buyout.tasks.length === 0) return <EmptyState kind="none" text={t('tasks_none')} />
  return (
    <WideTable minWidth={560} label={t('tab_tasks')}>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{tt('task')}</Table.Th>
            <Table.Th>{t('state')}</Table.Th>
            <Table.Th>{tt('role')}</Table.Th>
            <Table.Th>{t('outcome')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {buyout.tasks.toReversed().map((task) => (
            <Table.Tr key={task.id}>
              <Table.Td>
                <LinkAnchor to="/tasks/$" params={{ _splat: task.id }} size="sm">
                  {task.title}
                </LinkAnchor>
              </Table.Td>
              <Table.Td>
                <Badge variant="light" color={task.state === 'DONE' ? 'green' : undefined}>
                  {word('task_state', task.state)}
                </Badge>
              </Table.Td>
              <Table.Td>{task.owner?.name ?? task.assignee?.name ?? word('role', task.role)}</Table.Td>
              <Table.Td>
                <Text size="sm" className="kite-words">
                  {task.result}
                </Text>
                {task.closedAt && (
                  <Text size="xs" c="dimmed">
                    {formatTime(task.closedAt, buyout.summary?.timeZone)} {task.closedBy?.name}
                  </Text>
                )}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </WideTable>
  )
}
