import { Badge, Button, Group, Stack, Text, Title } from '@mantine/core'
import { useState } from 'react'

import type { Buyout } from '@/gen/kite/buyout/v1/buyout_pb'
import type { Task } from '@/gen/kite/task/v1/task_pb'
import { useMe } from '@/session/use'
import { LinkAnchor } from '@/ui/links'
import { useCodes, word } from '@/ui/codes'
import { Deadline } from '@/ui/Deadline'
import { Neighbours } from '@/ui/Neighbours'
import { claim, release } from './actions'
import { Delegate } from './Delegate'
import { task as texts } from './texts'

/** What is asked, of whom, until when; and what one may do besides deciding. */
export function TaskHeader({ task, buyout }: { task: Task; buyout: Buyout }) {
  const t = texts.use()
  useCodes()
  const me = useMe()
  const [busy, setBusy] = useState(false)
  const [handing, setHanding] = useState(false)
  const open = task.state === 'OPEN' || task.state === 'CLAIMED'
  const mine = task.owner?.id === me.id
  const run = async (action: Promise<unknown>) => {
    setBusy(true)
    await action
    setBusy(false)
  }
  return (
    <Stack gap={6}>
      <Group justify="space-between">
        <LinkAnchor to="/tasks" size="sm" className="kite-screen-only">
          {t('back')}
        </LinkAnchor>
        <Neighbours kind="task" id={task.id} />
      </Group>
      <Group justify="space-between" align="flex-start">
        <Stack gap={4}>
          <Group gap="xs">
            <Title order={1} size="h3">
              {task.title}
            </Title>
            <Badge variant="light" color={open ? undefined : 'gray'}>
              {word('task_state', task.state)}
            </Badge>
            {task.escalated > 0 && (
              <Badge color="red" variant="light">
                {t('escalated')}
              </Badge>
            )}
          </Group>
          <Group gap="xs">
            <LinkAnchor to="/buyouts/$id" params={{ id: task.buyoutId }} size="sm" fw={600}>
              {task.car || t('run')}
            </LinkAnchor>
            <Text size="sm" className="kite-mono">
              {buyout.car?.identifier} {buyout.car?.plate}
            </Text>
            <Badge variant="outline">{word('stage', buyout.summary?.stage ?? task.stage)}</Badge>
            {task.city !== '' && <Text size="sm">{task.city}</Text>}
          </Group>
          <Who task={task} />
        </Stack>
        <Stack gap={4} align="flex-end">
          {open && <Deadline at={task.dueAt} zone={buyout.summary?.timeZone} size="md" />}
          {open && !task.decidedOutside && (
            <Group gap="xs" className="kite-screen-only">
              {!task.owner && task.refusal === '' && (
                <Button size="xs" loading={busy} onClick={() => void run(claim(task))}>
                  {t('claim')}
                </Button>
              )}
              {mine && (
                <Button size="xs" variant="default" loading={busy} onClick={() => void run(release(task))}>
                  {t('release')}
                </Button>
              )}
              {task.refusal === '' && (
                <Button size="xs" variant="default" onClick={() => setHanding(true)}>
                  {t('delegate')}
                </Button>
              )}
            </Group>
          )}
        </Stack>
      </Group>
      {handing && <Delegate task={task} close={() => setHanding(false)} />}
    </Stack>
  )
}

function Who({ task }: { task: Task }) {
  const t = texts.use()
  const [label, name] = task.owner
    ? [t('owner'), task.owner.name]
    : task.assignee
      ? [t('assignee'), task.assignee.name]
      : [t('role'), word('role', task.role)]
  return (
    <Text size="sm">
      {label}: <b>{name}</b>
    </Text>
  )
}
