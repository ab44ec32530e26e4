import { useQuery } from '@connectrpc/connect-query'
import { Stack, Text } from '@mantine/core'

import { TaskService, type TaskCount } from '@/gen/kite/task/v1/task_pb'
import { EmptyState } from '@/ui/EmptyState'
import { LinkAnchor } from '@/ui/links'
import { Loaded } from '@/ui/Loaded'
import classes from './Home.module.css'
import { Section } from './Section'
import { home } from './texts'
import { Tile } from './Tile'

type Counted = 'open' | 'mine' | 'overdue' | 'escalated'

/** Tasks that concern me: how many, and of which kinds; every number leads to its list. */
export function TaskCounters() {
  const t = home.use()
  const query = useQuery(TaskService.method.countTasks, {})
  const sum = (counts: TaskCount[], what: Counted) =>
    counts.reduce((all, each) => all + Number(each[what]), 0)
  return (
    <Section title={t('tasks')}>
      <Loaded query={query}>
        {({ counts }) =>
          counts.length === 0 ? (
            <EmptyState kind="none" text={t('tasks_none')} />
          ) : (
            <Stack gap="sm">
              <div className={classes.tiles}>
                <Tile to="/tasks" search={{ mine: true }} label={t('mine')} count={sum(counts, 'mine')} />
                <Tile to="/tasks" search={{}} label={t('open')} count={sum(counts, 'open')} />
                <Tile
                  to="/tasks"
                  search={{ overdue: true }}
                  label={t('overdue')}
                  count={sum(counts, 'overdue')}
                  late
                />
                <Tile
                  to="/tasks"
                  search={{ escalated: true }}
                  label={t('escalated')}
                  count={sum(counts, 'escalated')}
                />
              </div>
              <ul className={classes.rows} aria-label={t('by_kind')}>
                {counts.map((each) => (
                  <Kind key={each.kind} count={each} />
                ))}
              </ul>
            </Stack>
          )
        }
      </Loaded>
    </Section>
  )
}

function Kind({ count: { kind, title, open, mine, overdue } }: { count: TaskCount }) {
  const t = home.use()
  return (
    <li>
      <LinkAnchor to="/tasks" search={{ kind }} size="sm" className={classes.text}>
        {title}
      </LinkAnchor>
      <span className={classes.side}>
        {overdue > 0n && (
          <LinkAnchor
            to="/tasks"
            search={{ kind, overdue: true }}
            size="sm"
            className={classes.late}
            c="var(--kite-late)"
          >
            {t('late', { count: Number(overdue) })}
          </LinkAnchor>
        )}
        {mine > 0n && (
          <LinkAnchor to="/tasks" search={{ kind, mine: true }} size="sm">
            {t('mine')} {String(mine)}
          </LinkAnchor>
        )}
        <Text span size="sm" fw={600}>
          {String(open)}
        </Text>
      </span>
    </li>
  )
}
