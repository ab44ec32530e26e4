import { Card, Stack, Text, Title } from '@mantine/core'

import type { FormProps } from '@/task/form'
import { Deadline } from '@/ui/Deadline'
import { formatTime } from '@/ui/time'
import { CheckCard } from './CheckCard'
import { ChoiceForm, type Choice } from './ChoiceForm'
import { removalDecision, type RemovalCode } from './resolutions'
import { standing } from './sources'
import { check as texts } from './texts'

/** The client has a ban removed: what, until when, and what to do when they say it is done. */
export default function AwaitRemovalForm({ task, buyout, decision }: FormProps) {
  const t = texts.use()
  const zone = buyout.summary?.timeZone
  const obstacles = buyout.checks.filter((each) => each.outcome === 'REMOVABLE')
  const choices: Choice<RemovalCode>[] = [
    { code: 'RECHECK', label: t('removal_RECHECK'), text: t('removal_RECHECK_text'), reason: false },
    {
      code: 'REFUSE',
      label: t('removal_REFUSE'),
      text: t('removal_REFUSE_text'),
      reason: true,
      confirm: t('removal_REFUSE_confirm'),
    },
  ]
  return (
    <Stack>
      <Card withBorder padding="sm">
        <Stack gap="xs">
          <Title order={2} size="h5">
            {t('removal')}
          </Title>
          {task.dueAt && (
            <Text size="sm">
              <b>{t('removal_until', { time: formatTime(task.dueAt, zone) })}</b>
              {' ('}
              <Deadline at={task.dueAt} zone={zone} />
              {'). '}
              {t('removal_after')}
            </Text>
          )}
          {obstacles.length === 0 && <Text size="sm">{t('removal_none')}</Text>}
          {obstacles.map(({ kind }) => (
            <CheckCard key={kind} at={standing(buyout, kind)} zone={zone} />
          ))}
        </Stack>
      </Card>
      <ChoiceForm
        draft={`removal:${task.id}`}
        choices={choices}
        decision={decision}
        send={(code, reason) => decision.decide(removalDecision(code, reason))}
      />
    </Stack>
  )
}
