import { useQuery } from '@connectrpc/connect-query'
import { Alert, Card, Grid, Stack, Text } from '@mantine/core'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { Suspense, useCallback } from 'react'

import { Boundary } from '@/app/Boundary'
import { ClientCard } from '@/buyout/ClientCard'
import { BuyoutService, type Buyout } from '@/gen/kite/buyout/v1/buyout_pb'
import { TaskService, type Task } from '@/gen/kite/task/v1/task_pb'
import { Loaded } from '@/ui/Loaded'
import { formatTime } from '@/ui/time'
import { Comments } from './Comments'
import { useDecision } from './form'
import { FORMS } from './forms'
import { TaskHeader } from './TaskHeader'
import { task as texts } from './texts'

/** Forms that need the whole width; what is around them goes below. */
const WIDE = new Set([
  'APPRAISE',
  'APPROVE_PRICE',
  'VERIFY_PAPERS',
  'INSPECT',
  'COLLECT_PAPERS',
  'RESOLVE_MISMATCH',
])

export default function TaskPage() {
  const { _splat: id = '' } = useParams({ from: '/shell/tasks/$' })
  const query = useQuery(TaskService.method.getTask, { id })
  const run = id.slice(0, id.lastIndexOf('/'))
  const buyout = useQuery(BuyoutService.method.getBuyout, { id: run })
  return (
    <Loaded query={query}>
      {({ task }) =>
        task && (
          <Loaded query={buyout}>
            {({ buyout: found }) => found && <Opened key={task.id} task={task} buyout={found} />}
          </Loaded>
        )
      }
    </Loaded>
  )
}

function Opened({ task, buyout }: { task: Task; buyout: Buyout }) {
  const wide = WIDE.has(task.kind)
  const around = (
    <Stack>
      <ClientCard buyout={buyout} />
      <Comments task={task} />
    </Stack>
  )
  return (
    <Stack gap="md">
      <TaskHeader task={task} buyout={buyout} />
      <Grid>
        <Grid.Col span={{ base: 12, lg: wide ? 12 : 8 }}>
          <Body task={task} buyout={buyout} />
        </Grid.Col>
        <Grid.Col span={{ base: 12, lg: wide ? 12 : 4 }}>{around}</Grid.Col>
      </Grid>
    </Stack>
  )
}

function Body({ task, buyout }: { task: Task; buyout: Buyout }) {
  const t = texts.use()
  const navigate = useNavigate()
  const accepted = useCallback(() => void navigate({ to: '/tasks' }), [navigate])
  const decision = useDecision(task, accepted)
  const open = task.state === 'OPEN' || task.state === 'CLAIMED'
  const Form = FORMS[task.kind]
  return (
    <Stack>
      {!open && <Closed task={task} zone={buyout.summary?.timeZone} />}
      {open && task.decidedOutside && <Alert variant="light">{t('outside')}</Alert>}
      {open && !task.decidedOutside && task.refusal !== '' && (
        <Alert variant="light" color="yellow" role="status">
          <Text size="sm" fw={600}>
            {t('read_only')}
          </Text>
          <Text size="sm">{task.refusal}</Text>
        </Alert>
      )}
      {task.details !== '' && (
        <Card withBorder padding="sm">
          <Text size="sm" className="kite-words">
            {task.details}
          </Text>
        </Card>
      )}
      {!Form && <Alert color="yellow">{t('unknown_kind')}</Alert>}
      {open && Form && (
        <Boundary>
          <Suspense>
            <Form task={task} buyout={buyout} decision={decision} />
          </Suspense>
        </Boundary>
      )}
    </Stack>
  )
}

function Closed({ task, zone }: { task: Task; zone?: string }) {
  const t = texts.use()
  const time = formatTime(task.closedAt, zone)
  return (
    <Alert variant="light" color="gray" title={t('closed')} role="status">
      <Text size="sm" className="kite-words">
        {task.result}
      </Text>
      <Text size="xs">
        {task.closedBy
          ? t('closed_by', { name: task.closedBy.name, time })
          : t('closed_by_process', { time })}
        {' · '}
        <Link to="/buyouts/$id" params={{ id: task.buyoutId }}>
          {t('to_run')}
        </Link>
      </Text>
    </Alert>
  )
}
