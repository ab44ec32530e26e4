import { Table, Text } from '@mantine/core'

import type { Refusals as Refused, ServiceLevel } from '@/gen/kite/report/v1/report_pb'
import { useCodes, word } from '@/ui/codes'
import { WideTable } from '@/ui/WideTable'
import { report as texts } from './texts'

export function Refusals({ refusals }: { refusals: Refused[] }) {
  const t = texts.use()
  useCodes()
  return (
    <WideTable minWidth={480} label={t('outcome')}>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('outcome')}</Table.Th>
            <Table.Th ta="right">{t('count')}</Table.Th>
            <Table.Th>{t('reason')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {refusals.map((refused) => (
            <Table.Tr key={refused.stage}>
              <Table.Td>{word('stage', refused.stage)}</Table.Td>
              <Table.Td ta="right">{String(refused.count)}</Table.Td>
              <Table.Td>
                {refused.reasons.map((reason) => (
                  <Text size="sm" key={reason.text} className="kite-words">
                    {reason.text} — {String(reason.count)}
                  </Text>
                ))}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </WideTable>
  )
}

export function ServiceLevels({ levels }: { levels: ServiceLevel[] }) {
  const t = texts.use()
  useCodes()
  return (
    <WideTable minWidth={480} label={t('title')}>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('kind')}</Table.Th>
            <Table.Th ta="right">{t('in_time')}</Table.Th>
            <Table.Th ta="right">{t('late')}</Table.Th>
            <Table.Th ta="right">{t('overdue')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {levels.map((level) => (
            <Table.Tr key={level.kind}>
              <Table.Td>{word('task_kind', level.kind)}</Table.Td>
              <Table.Td ta="right">{String(level.inTime)}</Table.Td>
              <Table.Td ta="right">{String(level.late)}</Table.Td>
              <Table.Td ta="right">{String(level.overdue)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </WideTable>
  )
}
