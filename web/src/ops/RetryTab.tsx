import { Alert, Button, Group, Progress, Stack, Text } from '@mantine/core'
import { useSearch } from '@tanstack/react-router'
import { useState } from 'react'

import { confirmReason } from '@/ui/confirmReason'
import { EmptyState } from '@/ui/EmptyState'
import { Failure } from '@/ui/Loaded'
import { formatDuration } from '@/ui/time'
import { EVERYTHING, planned, sameFilter, tried, type Batch } from './retry'
import { RetryFilter } from './RetryFilter'
import { RetryItems } from './RetryItems'
import { ops as texts } from './texts'
import { useRetry } from './useRetry'

/** Everything that waits for its next attempt, tried at once: first a check, then the thing itself. */
export default function RetryTab() {
  const t = texts.use()
  // A run's own page sends its id along.
  const { item } = useSearch({ from: '/shell/ops' })
  const [filter, setFilter] = useState({ ...EVERYTHING, run: item ?? '' })
  const retry = useRetry()
  const { checked, done, busy } = retry
  const total = checked ? planned(checked.batch) : 0
  const fresh = checked !== undefined && sameFilter(checked.filter, filter)
  const ready = fresh && busy === '' && checked.batch.report !== undefined && total > 0
  const ask = () =>
    confirmReason({
      title: t('retry_confirm'),
      text: t('retry_confirm_text', { count: total, rate: filter.perSecond }),
      confirm: t('retry_go', { count: total }),
      reason: 'none',
      run: async () => retry.go(filter),
    })
  return (
    <Stack>
      <Text size="sm">{t('retry_intro')}</Text>
      <RetryFilter filter={filter} change={setFilter} disabled={busy !== ''} />
      <Group gap="sm">
        <Button
          variant={ready ? 'default' : 'filled'}
          loading={busy === 'checking'}
          disabled={busy === 'retrying'}
          onClick={() => retry.check(filter)}
        >
          {t('retry_check')}
        </Button>
        {ready && <Button onClick={ask}>{t('retry_go', { count: total })}</Button>}
        {busy !== '' && (
          <Button variant="outline" color="red" onClick={retry.stop}>
            {t('retry_stop')}
          </Button>
        )}
      </Group>
      {retry.error !== undefined && <Failure error={retry.error} />}
      {retry.stopped && <Alert color="yellow">{t('retry_stopped')}</Alert>}
      {done ? (
        <Done batch={done} total={total} busy={busy === 'retrying'} />
      ) : (
        checked && <Checked batch={checked.batch} fresh={fresh} perSecond={filter.perSecond} />
      )}
    </Stack>
  )
}

function Checked({ batch, fresh, perSecond }: { batch: Batch; fresh: boolean; perSecond: number }) {
  const t = texts.use()
  const count = planned(batch)
  if (batch.report && batch.items.length === 0) return <EmptyState kind="none" text={t('retry_nothing')} />
  return (
    <Stack gap="xs">
      <Text size="sm" fw={600} role="status">
        {t('retry_would', { count })}
        {count > 0 && ` · ${t('retry_took', { time: formatDuration(Math.ceil(count / perSecond)) })}`}
      </Text>
      {!fresh && <Alert color="yellow">{t('retry_changed')}</Alert>}
      {batch.report?.cut && <Text size="sm">{t('retry_cut')}</Text>}
      <RetryItems items={batch.items} />
    </Stack>
  )
}

function Done({ batch, total, busy }: { batch: Batch; total: number; busy: boolean }) {
  const t = texts.use()
  const { report } = batch
  const count = tried(batch)
  return (
    <Stack gap="xs">
      {busy && (
        <>
          <Progress
            value={total > 0 ? Math.min(100, (100 * count) / total) : 0}
            aria-label={t('tab_retry')}
            animated
          />
          <Text size="sm" role="status">
            {t('retry_live', { done: count, total })} · {t('retry_stay')}
          </Text>
        </>
      )}
      {report && (
        <Alert color={report.failed > 0 ? 'yellow' : 'green'} role="status">
          {t('retry_done', { retried: report.retried, skipped: report.skipped, failed: report.failed })}
          {report.cut && ` ${t('retry_cut')}`}
        </Alert>
      )}
      <RetryItems items={batch.items.toReversed()} />
    </Stack>
  )
}
