import { useQuery } from '@connectrpc/connect-query'
import { Group, Stack, Text } from '@mantine/core'

import { TaskService } from '@/gen/kite/task/v1/task_pb'
import { Due } from '@/task/Due'
import { TakeNext } from '@/task/TakeNext'
import { LinkAnchor } from '@/ui/links'
import { Loaded } from '@/ui/Loaded'
import { RecordLink } from '@/ui/record'
import classes from './Home.module.css'
import { Section } from './Section'
import { home } from './texts'

/** What I have to do first. */
export function NextDeadlines() {
  const t = home.use()
  const query = useQuery(TaskService.method.listTasks, { mine: true, page: { size: 5 } })
  return (
    <Section title={t('next')} action={<TakeNext size="xs" />}>
      <Loaded query={query}>
        {({ tasks, page }) =>
          tasks.length === 0 ? (
            <Stack gap={4}>
              <Text size="sm" fw={600}>
                {t('next_none')}
              </Text>
              <Text size="sm">{t('next_what')}</Text>
            </Stack>
          ) : (
            <>
              <ul className={classes.rows}>
                {tasks.map((task) => (
                  <li key={task.id}>
                    <div className={classes.text}>
                      <RecordLink target={{ kind: 'task', id: task.id }}>{task.title}</RecordLink>
                      <Text size="xs" className="kite-words">
                        {[task.car, task.plate, task.city].filter((part) => part !== '').join(' · ')}
                      </Text>
                    </div>
                    <div className={classes.side}>
                      <Due task={task} />
                    </div>
                  </li>
                ))}
              </ul>
              {(page?.total ?? 0n) > BigInt(tasks.length) && (
                <Group justify="flex-end" mt={4}>
                  <LinkAnchor to="/tasks" search={{ mine: true }} size="sm">
                    {t('all')}
                  </LinkAnchor>
                </Group>
              )}
            </>
          )
        }
      </Loaded>
    </Section>
  )
}
