import { useQuery } from '@connectrpc/connect-query'
import { Alert, Group, Stack, Text, Title } from '@mantine/core'

import { TaskService, type Task } from '@/gen/kite/task/v1/task_pb'
import { delegate } from '@/task/actions'
import { useDecision } from '@/task/form'
import { LinkAnchor } from '@/ui/links'
import { Loaded } from '@/ui/Loaded'
import { InspectorList } from './InspectorList'
import { dispatch as texts } from './texts'
import { VisitFacts } from './VisitFacts'

/** One inspection and whom to give it to. */
export function ChosenInspection({ id, done }: { id: string; done: () => void }) {
  const query = useQuery(TaskService.method.getTask, { id })
  return (
    <Loaded query={query}>{({ task }) => task && <Chosen key={task.id} task={task} done={done} />}</Loaded>
  )
}

function Chosen({ task, done }: { task: Task; done: () => void }) {
  const t = texts.use()
  const open = task.state === 'OPEN' || task.state === 'CLAIMED'
  return (
    <Stack gap="sm">
      <Group justify="space-between" gap="xs">
        <Title order={2} size="h4">
          <span className="kite-words">{task.car || t('deal', { id: String(task.dealId) })}</span>
        </Title>
        <LinkAnchor to="/tasks/$" params={{ _splat: task.id }} size="sm">
          {t('to_task')}
        </LinkAnchor>
      </Group>
      <Text size="sm" className="kite-mono">
        {[task.identifier, task.plate].filter((part) => part !== '').join(' · ')}
      </Text>
      <VisitFacts task={task} />
      {!open ? (
        <Alert variant="light" color="gray" role="status">
          <Text size="sm" className="kite-words">
            {t('closed', { result: task.result })}
          </Text>
        </Alert>
      ) : task.kind === 'INSPECT' ? (
        <Reassign task={task} done={done} />
      ) : (
        <Assign task={task} done={done} />
      )}
    </Stack>
  )
}

function Assign({ task, done }: { task: Task; done: () => void }) {
  const t = texts.use()
  const decision = useDecision(task, done)
  return (
    <>
      {decision.refusal !== '' && (
        <Alert variant="light" color="yellow" role="status">
          {decision.refusal}
        </Alert>
      )}
      <Title order={3} size="h5">
        {t('inspectors')}
      </Title>
      <InspectorList
        city={task.city}
        choice={{
          action: 'assign',
          refusal: decision.refusal,
          choose: ({ id }) => decision.decide({ case: 'assignInspector', value: { personId: id } }),
        }}
      />
    </>
  )
}

/** The server says who may take an inspection out of whose hands; it can be given back. */
function Reassign({ task, done }: { task: Task; done: () => void }) {
  const t = texts.use()
  const held = task.owner ?? task.assignee
  return (
    <>
      <Title order={3} size="h5">
        {t('inspectors')}
      </Title>
      <InspectorList
        city={task.city}
        choice={{
          action: 'reassign',
          refusal: '',
          current: held,
          choose: async (person) => {
            if (await delegate(task, person, held)) done()
          },
        }}
      />
    </>
  )
}
