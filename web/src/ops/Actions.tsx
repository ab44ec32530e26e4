import { Button, Group, Stack, Text, Title } from '@mantine/core'

import type { AllowedAction, ExplainResponse } from '@/gen/kite/ops/v1/ops_pb'
import { useCodes, word } from '@/ui/codes'
import { LinkButton } from '@/ui/links'
import { split } from './allowed'
import { explain as texts } from './explainTexts'
import { useHolding } from './useHolding'

/** What people may do about it: by a button where there is one, else where to find it; and who else may. */
export function Actions({ why }: { why: ExplainResponse }) {
  const t = texts.use()
  useCodes()
  const { mine, others } = split(why.actions)
  return (
    <Stack gap="xs" component="section" aria-label={t('actions')}>
      <Title order={2} size="h6">
        {t('actions')}
      </Title>
      {mine.length > 0 && (
        <Stack gap={6}>
          <Text size="sm" fw={600}>
            {t('mine')}
          </Text>
          {mine.map((action) => (
            <Group key={key(action)} gap="sm" data-action={action.code}>
              <Text size="sm" className="kite-words">
                {action.title}
              </Text>
              <Way action={action} why={why} />
            </Group>
          ))}
        </Stack>
      )}
      {others.length > 0 && (
        <Stack gap={6}>
          <Text size="sm" fw={600}>
            {t('others')}
          </Text>
          {others.map((action) => (
            <div key={key(action)} data-action={action.code}>
              <Text size="sm" className="kite-words">
                {action.title}.{' '}
                {t('who', { roles: action.roles.map((role) => word('role', role)).join(', ') })}
              </Text>
              {action.refusal !== '' && (
                <Text size="xs" c="dimmed" className="kite-words">
                  {action.refusal}
                </Text>
              )}
            </div>
          ))}
        </Stack>
      )}
    </Stack>
  )
}

function key({ code, taskId, partner }: AllowedAction): string {
  return [code, taskId, partner].join(' ')
}

/** Where the action is found besides this list. */
const HOW = ['CANCEL', 'REPEAT_CHECKS', 'RESEND_OFFER', 'RESCHEDULE_VISIT', 'NOTE'] as const

function Way({ action, why }: { action: AllowedAction; why: ExplainResponse }) {
  const t = texts.use()
  const { hold, resume } = useHolding()
  const { code, taskId, partner } = action
  if (code === 'DECIDE_TASK') {
    return (
      <LinkButton to="/tasks/$" params={{ _splat: taskId }} size="compact-sm" variant="default">
        {t('open_task')}
      </LinkButton>
    )
  }
  if (code === 'RETRY') {
    return (
      <LinkButton to="/ops" search={{ tab: 'retry', item: why.buyoutId }} size="compact-sm" variant="default">
        {t('retry')}
      </LinkButton>
    )
  }
  if (code === 'HOLD' || code === 'RESUME') {
    const title = why.partners.find((each) => each.code === partner)?.title ?? partner
    const run = code === 'HOLD' ? hold : resume
    return (
      <Button
        size="compact-sm"
        variant="default"
        aria-label={action.title}
        onClick={() => run({ code: partner, title })}
      >
        {action.title.split(':')[0]}
      </Button>
    )
  }
  const known = HOW.find((each) => each === code)
  return (
    known && (
      <Text size="sm" c="dimmed">
        {t(`how.${known}`)}
      </Text>
    )
  )
}
