import { Button, Text } from '@mantine/core'
import { useMemo, useState } from 'react'

import { language } from '@/app/texts'
import type { Task } from '@/gen/kite/task/v1/task_pb'
import { useMe } from '@/session/use'
import { useCodes, word } from '@/ui/codes'
import type { Column } from '@/ui/columns'
import { formatTime } from '@/ui/time'
import { claim, release } from './actions'
import { Due } from './Due'
import { task as actionTexts } from './texts'
import { tasksTexts } from './listTexts'

/** Columns of the task list: open ones by deadline, closed ones by how they ended. */
export function useTaskColumns(closed: boolean): Column<Task>[] {
  const t = tasksTexts.use()
  useCodes()
  const me = useMe()
  const spoken = language()
  // The same columns as long as they say the same: rows that have not changed are not drawn again.
  // eslint-disable-next-line react-hooks/exhaustive-deps
  return useMemo(() => columnsOf(t, me.id, closed), [me.id, closed, spoken])
}

function columnsOf(t: ReturnType<typeof tasksTexts.use>, me: string, closed: boolean): Column<Task>[] {
  const first: Column<Task>[] = [
    {
      key: 'task',
      title: t('col_task'),
      render: (task) => <span className="kite-words">{task.title}</span>,
    },
    { key: 'car', title: t('col_car'), width: 235, wideOnPhone: true, render: (task) => <Car task={task} /> },
    {
      key: 'stage',
      title: t('col_stage'),
      width: 160,
      render: (task) => (
        <>
          {word('stage', task.stage)}
          <Text size="xs">{task.city}</Text>
        </>
      ),
    },
  ]
  if (closed) {
    return [
      ...first,
      { key: 'state', title: t('col_state'), width: 110, render: (task) => word('task_state', task.state) },
      {
        key: 'result',
        title: t('col_result'),
        width: 220,
        render: (task) => (
          <Text size="sm" className="kite-words" lineClamp={2}>
            {task.result}
          </Text>
        ),
      },
      {
        key: 'closed',
        title: t('col_closed'),
        width: 150,
        render: (task) => (
          <>
            {formatTime(task.closedAt, task.timeZone)}
            {task.closedBy && <Text size="xs">{task.closedBy.name}</Text>}
          </>
        ),
      },
    ]
  }
  return [
    ...first,
    {
      key: 'due',
      title: t('col_due'),
      width: 215,
      wideOnPhone: true,
      render: (task) => <Due task={task} />,
    },
    {
      key: 'owner',
      title: t('col_owner'),
      width: 140,
      render: (task) => <Owner task={task} me={me} />,
    },
    {
      key: 'act',
      title: t('col_act'),
      width: 185,
      render: (task) => <Take task={task} mine={task.owner?.id === me} />,
    },
  ]
}

export function Car({ task }: { task: Pick<Task, 'car' | 'identifier' | 'plate' | 'dealId'> }) {
  const t = tasksTexts.use()
  return (
    <>
      <span className="kite-words">{task.car || t('deal', { id: String(task.dealId) })}</span>
      <Text size="xs" className="kite-mono">
        {[task.identifier, task.plate].filter((part) => part !== '').join(' · ')}
      </Text>
    </>
  )
}

function Owner({ task, me }: { task: Task; me: string }) {
  const t = tasksTexts.use()
  const person = task.owner ?? task.assignee
  if (task.decidedOutside) return <>{t('outside')}</>
  if (!person) return <>{t('nobody', { role: word('role', task.role) })}</>
  return person.id === me ? <b>{t('you')}</b> : <>{person.name}</>
}

/** Claims a free task or gives back one's own, without leaving the list. */
function Take({ task, mine }: { task: Task; mine: boolean }) {
  const t = actionTexts.use()
  const [busy, setBusy] = useState(false)
  if (task.decidedOutside) return null
  const run = (action: () => Promise<boolean>) => {
    setBusy(true)
    void action().finally(() => setBusy(false))
  }
  if (mine && task.state === 'CLAIMED') {
    return (
      <Button size="compact-sm" variant="default" loading={busy} onClick={() => run(() => release(task))}>
        {t('release')}
      </Button>
    )
  }
  if (task.state !== 'OPEN' || task.owner || task.refusal !== '') return null
  return (
    <Button size="compact-sm" variant="light" loading={busy} onClick={() => run(() => claim(task))}>
      {t('claim')}
    </Button>
  )
}
