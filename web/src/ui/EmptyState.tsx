import { Button, Stack, Text } from '@mantine/core'

import { ui } from './texts'

/** Nothing to show, and why: nothing there yet, the filter hides all, or no right to see it. */
export function EmptyState({
  kind,
  text,
  action,
}: {
  kind: 'none' | 'filtered' | 'forbidden'
  text?: string
  action?: { label?: string; run: () => void }
}) {
  const t = ui.use()
  const title = {
    none: t('empty_none'),
    filtered: t('empty_filtered'),
    forbidden: t('empty_forbidden'),
  }[kind]
  return (
    <Stack align="center" gap="xs" p="xl" data-empty={kind}>
      <Text fw={600}>{title}</Text>
      {text && (
        <Text size="sm" c="dimmed" ta="center" maw={480}>
          {text}
        </Text>
      )}
      {action && (
        <Button variant="default" size="sm" onClick={action.run}>
          {action.label ?? t('empty_filtered_action')}
        </Button>
      )}
    </Stack>
  )
}
