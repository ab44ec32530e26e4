import { Alert, Button, Group, Loader, Stack, Text } from '@mantine/core'
import { Code } from '@connectrpc/connect'
import type { ReactNode } from 'react'

import { problem } from '@/api/errors'
import { EmptyState } from './EmptyState'
import { ui } from './texts'
import { formatTime } from './time'

/** What is needed of a query of any kind. */
interface Reading<Data> {
  data: Data | undefined
  error: unknown
  dataUpdatedAt: number
  refetch: () => unknown
}

/**
 * The answer of a query in each of its states: being read, read, old because the server is away, refused,
 * failed. Everything that a screen shows from the server goes through here.
 */
export function Loaded<Data>({
  query,
  children,
}: {
  query: Reading<Data>
  children: (data: Data) => ReactNode
}) {
  const t = ui.use()
  if (query.data !== undefined) {
    return (
      <>
        {query.error != null && problem(query.error).passing && (
          <Alert color="yellow" variant="light" mb="sm" role="status">
            <Group justify="space-between">
              <Text size="sm">{t('shown_from', { time: formatTime(new Date(query.dataUpdatedAt)) })}</Text>
              <Button size="compact-sm" variant="default" onClick={() => void query.refetch()}>
                {t('retry')}
              </Button>
            </Group>
          </Alert>
        )}
        {children(query.data)}
      </>
    )
  }
  if (query.error != null) return <Failure error={query.error} retry={() => void query.refetch()} />
  return (
    <Group justify="center" p="xl" role="status" aria-label={t('loading')}>
      <Loader size="sm" />
    </Group>
  )
}

/** Something that could not be read, with what to do. */
interface FailureProps {
  error: unknown
  retry?: () => void
  /** What the button of `retry` says when it does something else than the same again. */
  again?: string
}

export function Failure({ error, retry, again }: FailureProps) {
  const t = ui.use()
  const told = problem(error)
  if (told.code === Code.PermissionDenied) return <EmptyState kind="forbidden" text={told.text} />
  return (
    <Alert color="red" variant="light" title={t('failed')} role="alert">
      <Stack gap="xs" align="flex-start">
        <Text size="sm">{told.text}</Text>
        {told.requestId !== '' && (
          <Text size="xs" c="dimmed">
            {t('request', { id: told.requestId })}
          </Text>
        )}
        {retry && (
          <Button size="compact-sm" variant="default" onClick={retry}>
            {again ?? t('retry')}
          </Button>
        )}
      </Stack>
    </Alert>
  )
}
