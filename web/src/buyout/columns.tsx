import { Badge, Group, Text } from '@mantine/core'
import { useMemo } from 'react'

import { language } from '@/app/texts'
import type { BuyoutSummary } from '@/gen/kite/buyout/v1/buyout_pb'
import { useCodes, word } from '@/ui/codes'
import type { Column } from '@/ui/columns'
import { Deadline } from '@/ui/Deadline'
import { Icon } from '@/ui/Icon'
import { formatMoney } from '@/ui/money'
import { formatTime } from '@/ui/time'
import { buyoutsTexts } from './listTexts'

/** Columns of the list of runs. */
export function useBuyoutColumns(): Column<BuyoutSummary>[] {
  const t = buyoutsTexts.use()
  useCodes()
  const spoken = language()
  // The same columns as long as they say the same: rows that have not changed are not drawn again.
  // eslint-disable-next-line react-hooks/exhaustive-deps
  return useMemo(() => columnsOf(t), [spoken])
}

function columnsOf(t: ReturnType<typeof buyoutsTexts.use>): Column<BuyoutSummary>[] {
  return [
    {
      key: 'car',
      title: t('col_car'),
      width: 230,
      render: (run) => <Car run={run} />,
    },
    {
      key: 'stage',
      title: t('col_stage'),
      width: 165,
      sort: 'STAGE_SINCE',
      render: (run) => (
        <>
          {run.stageTitle || word('stage', run.stage)}
          <Text size="xs">
            {run.endedAt
              ? t('ended', { time: formatTime(run.endedAt, run.timeZone) })
              : t('since', { time: formatTime(run.stageSince, run.timeZone) })}
          </Text>
        </>
      ),
    },
    {
      key: 'waiting',
      title: t('col_waiting'),
      sort: 'DEADLINE',
      wideOnPhone: true,
      render: (run) => <Waiting run={run} />,
    },
    {
      key: 'trouble',
      title: t('col_trouble'),
      width: 185,
      wideOnPhone: true,
      render: (run) => run.trouble !== '' && <Trouble text={run.trouble} />,
    },
    {
      key: 'price',
      title: t('col_price'),
      width: 115,
      align: 'end',
      render: (run) => run.price && formatMoney(run.price),
    },
    {
      key: 'place',
      title: t('col_place'),
      width: 145,
      render: (run) => (
        <>
          {run.city}
          <Text size="xs">{run.inspector?.name}</Text>
        </>
      ),
    },
    {
      key: 'started',
      title: t('col_started'),
      width: 110,
      sort: 'STARTED',
      hideOnPhone: true,
      render: (run) => formatTime(run.startedAt, run.timeZone),
    },
  ]
}

export function Car({ run }: { run: BuyoutSummary }) {
  const t = buyoutsTexts.use()
  const deal = t('deal', { id: String(run.dealId) })
  return (
    <>
      <span className="kite-words">{run.car || deal}</span>
      <Text size="xs" className="kite-mono">
        {[run.identifier, run.plate].filter((part) => part !== '').join(' · ')}
      </Text>
      {run.car !== '' && <Text size="xs">{deal}</Text>}
    </>
  )
}

/** Who is awaited and until when; late in words and with a sign. */
export function Waiting({ run }: { run: BuyoutSummary }) {
  if (run.endedAt) return <span className="kite-words">{run.outcome}</span>
  return (
    <>
      <span className="kite-words">{run.waitingFor}</span>
      {run.deadline && (
        <Group gap={4} wrap="nowrap">
          {run.overdue && (
            <Text span c="var(--kite-late)" lh={1}>
              <Icon name="clock" size={14} />
            </Text>
          )}
          <Deadline at={run.deadline} zone={run.timeZone} />
        </Group>
      )}
    </>
  )
}

function Trouble({ text }: { text: string }) {
  const t = buyoutsTexts.use()
  return (
    <>
      <TroubleMark label={t('trouble')} />
      <Text size="sm" className="kite-words" lineClamp={2} title={text}>
        {text}
      </Text>
    </>
  )
}

export function TroubleMark({ label }: { label: string }) {
  return (
    <Badge
      color="orange"
      variant="light"
      c="var(--kite-soon)"
      size="sm"
      tt="none"
      leftSection={<Icon name="warning" size={12} />}
    >
      {label}
    </Badge>
  )
}
