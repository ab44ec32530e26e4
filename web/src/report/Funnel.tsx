import { BarChart } from '@mantine/charts'
import '@mantine/charts/styles.css'
import { Table } from '@mantine/core'

import type { FunnelStep } from '@/gen/kite/report/v1/report_pb'
import { useCodes, word } from '@/ui/codes'
import { report as texts } from './texts'

/** Bars for the eye, a table for everybody else. */
export default function Funnel({ steps }: { steps: FunnelStep[] }) {
  const t = texts.use()
  useCodes()
  const data = steps.map((step) => ({
    stage: word('stage', step.stage),
    [t('reached')]: Number(step.reached),
  }))
  const first = Number(steps[0]?.reached ?? 0n)
  return (
    <>
      <div aria-hidden>
        <BarChart
          h={Math.max(220, steps.length * 30)}
          data={data}
          // The table below is for the keyboard and for screen readers.
          barChartProps={{ accessibilityLayer: false }}
          dataKey="stage"
          orientation="vertical"
          yAxisProps={{ width: 170 }}
          series={[{ name: t('reached'), color: 'kite.6' }]}
          gridAxis="x"
          withBarValueLabel
        />
      </div>
      <Table mt="sm">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('stage')}</Table.Th>
            <Table.Th ta="right">{t('reached')}</Table.Th>
            <Table.Th ta="right">%</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {steps.map((step) => (
            <Table.Tr key={step.stage}>
              <Table.Td>{word('stage', step.stage)}</Table.Td>
              <Table.Td ta="right">{String(step.reached)}</Table.Td>
              <Table.Td ta="right">
                {first > 0 ? Math.round((Number(step.reached) * 100) / first) : '—'}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </>
  )
}
