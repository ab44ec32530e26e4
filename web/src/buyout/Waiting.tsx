import { Alert, Card, Group, List, Stack, Text, Title } from '@mantine/core'

import type { Buyout } from '@/gen/kite/buyout/v1/buyout_pb'
import { heldPartners } from '@/ops/held'
import { useMe } from '@/session/use'
import { LinkButton } from '@/ui/links'
import { Deadline } from '@/ui/Deadline'
import { buyout as texts } from './texts'
import { Why } from './Why'

/** The step that waits: who, until when, what can be done about it. */
export function Waiting({ buyout, newWindow = false }: { buyout: Buyout; newWindow?: boolean }) {
  const t = texts.use()
  const me = useMe()
  const { summary } = buyout
  if (!summary) return null
  const held = heldPartners(summary.waitingFor)
  const open = buyout.tasks.filter((task) => task.state === 'OPEN' || task.state === 'CLAIMED')
  return (
    <Stack gap="xs">
      <Card withBorder padding="sm" component="section" aria-label={t('waiting')}>
        {summary.endedAt ? (
          <Text size="sm">
            <b>{t('outcome')}:</b> {summary.outcome || t('waiting_nobody')}
          </Text>
        ) : (
          <Stack gap="xs">
            <Group justify="space-between">
              <Title order={2} size="h5">
                {t('waiting')}
              </Title>
              <Deadline at={summary.deadline} zone={summary.timeZone} />
            </Group>
            {held !== '' ? (
              <Alert color="orange" variant="light" title={t('held', { titles: held })}>
                {t('held_text')}
              </Alert>
            ) : (
              <Text size="sm" className="kite-words">
                {summary.waitingFor}
              </Text>
            )}
            {open.map((task) => (
              <Group key={task.id} justify="space-between" wrap="nowrap" gap="sm">
                <Text size="sm" className="kite-words">
                  {task.title}
                  {task.refusal !== '' && (
                    <Text span size="xs" c="dimmed">
                      {' — '}
                      {task.refusal}
                    </Text>
                  )}
                </Text>
                <LinkButton
                  to="/tasks/$"
                  params={{ _splat: task.id }}
                  target={newWindow ? '_blank' : undefined}
                  size="compact-sm"
                  variant={task.refusal === '' ? 'filled' : 'default'}
                  style={{ flexShrink: 0 }}
                >
                  {t('open_task')}
                </LinkButton>
              </Group>
            ))}
            {!newWindow && me.may('kite.ops.v1.OpsService/Explain') && <Why buyoutId={summary.id} />}
          </Stack>
        )}
      </Card>
      {summary.trouble !== '' && (
        <Alert color="yellow" variant="light" title={t('trouble')}>
          {summary.trouble}
        </Alert>
      )}
      {buyout.manual.length > 0 && (
        <Alert color="orange" variant="light" title={t('manual')}>
          <List size="sm">
            {buyout.manual.map((step) => (
              <List.Item key={step}>{step}</List.Item>
            ))}
          </List>
        </Alert>
      )}
    </Stack>
  )
}
