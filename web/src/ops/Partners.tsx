import { useQuery } from '@connectrpc/connect-query'
import { Badge, Table, Text } from '@mantine/core'

import { OpsService } from '@/gen/kite/ops/v1/ops_pb'
import { Loaded } from '@/ui/Loaded'
import { formatTime } from '@/ui/time'
import { ops as texts } from './texts'

const COLORS: Record<string, string> = { WELL: 'green', FAILING: 'red', SILENT: 'yellow', UNUSED: 'gray' }

/** Each partner by what calls to it brought. Read anew every half minute: health has no events. */
export function Partners() {
  const t = texts.use()
  const query = useQuery(OpsService.method.listPartners, {}, { refetchInterval: 30_000 })
  return (
    <Loaded query={query}>
      {({ partners }) => (
        <Table.ScrollContainer minWidth={760}>
          <Table>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t('partner')}</Table.Th>
                <Table.Th>{t('health')}</Table.Th>
                <Table.Th>{t('last_success')}</Table.Th>
                <Table.Th>{t('last_failure')}</Table.Th>
                <Table.Th>{t('hour')}</Table.Th>
                <Table.Th ta="right">{t('backlog')}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {partners.map((partner) => (
                <Table.Tr key={partner.code}>
                  <Table.Td>
                    <Text size="sm" fw={600}>
                      {partner.title}
                    </Text>
                    <Text size="xs" c="dimmed" className="kite-mono">
                      {partner.code}
                    </Text>
                  </Table.Td>
                  <Table.Td>
                    <Badge variant="light" color={COLORS[partner.health]} data-health={partner.health}>
                      {t(partner.health as 'WELL')}
                    </Badge>
                  </Table.Td>
                  <Table.Td>{formatTime(partner.lastSuccessAt)}</Table.Td>
                  <Table.Td>
                    {formatTime(partner.lastFailureAt)}
                    {partner.lastFailure !== '' && (
                      <Text size="xs" className="kite-words">
                        {partner.lastFailure}
                        {partner.failuresInARow > 1 &&
                          ` (${t('in_a_row', { count: partner.failuresInARow })})`}
                      </Text>
                    )}
                  </Table.Td>
                  <Table.Td>
                    {t('hour_text', { calls: partner.callsLastHour, failures: partner.failuresLastHour })}
                  </Table.Td>
                  <Table.Td ta="right">{partner.backlog ?? '—'}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
    </Loaded>
  )
}
