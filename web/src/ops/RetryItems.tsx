import { Badge, Table, Text } from '@mantine/core'

import type { RetriedItem } from '@/gen/kite/ops/v1/ops_pb'
import { LinkAnchor } from '@/ui/links'
import { WideTable } from '@/ui/WideTable'
import { ops as texts } from './texts'

const COLORS: Record<string, string> = {
  RETRIED: 'green',
  WOULD_RETRY: 'blue',
  SKIPPED: 'gray',
  FAILED: 'red',
}

/** What would be tried, or was, with what came of each. */
export function RetryItems({ items }: { items: RetriedItem[] }) {
  const t = texts.use()
  return (
    <WideTable minWidth={760} label={t('tab_retry')}>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('what')}</Table.Th>
            <Table.Th>{t('run')}</Table.Th>
            <Table.Th>{t('attempts')}</Table.Th>
            <Table.Th>{t('last_failure')}</Table.Th>
            <Table.Th>{t('outcome')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {items.map((item, index) => (
            <Table.Tr key={index} data-outcome={item.outcome}>
              <Table.Td>
                <Text size="sm" className="kite-mono">
                  {item.name}
                </Text>
                <Text size="xs" c="dimmed">
                  {t(`kind.${item.kind as 'CALL'}`)}
                </Text>
              </Table.Td>
              <Table.Td>
                {item.buyoutId !== '' && (
                  <LinkAnchor
                    to="/buyouts/$id"
                    params={{ id: item.buyoutId }}
                    search={{ tab: 'engine' }}
                    size="sm"
                  >
                    {item.buyoutId.split(':').at(-1)}
                  </LinkAnchor>
                )}
              </Table.Td>
              <Table.Td>{item.attempt}</Table.Td>
              <Table.Td className="kite-words">{item.lastFailure}</Table.Td>
              <Table.Td>
                <Badge variant="light" color={COLORS[item.outcome]}>
                  {t(`outcome.${item.outcome as 'RETRIED'}`)}
                </Badge>
                {item.detail !== '' && <Text size="xs">{item.detail}</Text>}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </WideTable>
  )
}
