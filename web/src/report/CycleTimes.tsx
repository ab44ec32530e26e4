import { BarChart } from '@mantine/charts'
import '@mantine/charts/styles.css'
import { Table } from '@mantine/core'

import type { StageTime } from '@/gen/kite/report/v1/report_pb'
import { useCodes, word } from '@/ui/codes'
import { formatDuration } from '@/ui/time'
import { report as texts } from './texts'

/** How long runs stay at each stage. */
export default function CycleTimes({ stages }: { stages: StageTime[] }) {
  const t = texts.use()
  useCodes()
  const data = stages.map((stage) => ({
    stage: word('stage', stage.stage),
    [t('median')]: Number(stage.medianSecs),
    [t('p90')]: Number(stage.p90Secs),
  }))
  return (
    <>
      <div aria-hidden>
        <BarChart
          h={Math.max(220, stages.length * 40)}
          data={data}
          // The table below is for the keyboard and for screen readers.
          barChartProps={{ accessibilityLayer: false }}
          dataKey="stage"
          orientation="vertical"
          yAxisProps={{ width: 170 }}
          xAxisProps={{ tickFormatter: (value: number) => formatDuration(value) }}
          valueFormatter={(value) => formatDuration(value)}
          series={[
            { name: t('median'), color: 'kite.6' },
            { name: t('p90'), color: 'orange.6' },
          ]}
          gridAxis="x"
          withLegend
        />
      </div>
      <Table mt="sm">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('stage')}</Table.Th>
            <Table.Th ta="right">{t('runs')}</Table.Th>
            <Table.Th ta="right">{t('median')}</Table.Th>
            <Table.Th ta="right">{t('p90')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {stages.map((stage) => (
            <Table.Tr key={stage.stage}>
              <Table.Td>{word('stage', stage.stage)}</Table.Td>
              <Table.Td ta="right">{String(stage.runs)}</Table.Td>
              <Table.Td ta="right">{formatDuration(stage.medianSecs)}</Table.Td>
              <Table.Td ta="right">{formatDuration(stage.p90Secs)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </>
  )
}
