import { useQuery } from '@connectrpc/connect-query'
import { Badge, Button, Stack, Table, Text } from '@mantine/core'

import { OpsService } from '@/gen/kite/ops/v1/ops_pb'
import { useMe } from '@/session/use'
import { Loaded } from '@/ui/Loaded'
import { formatTime } from '@/ui/time'
import { WideTable } from '@/ui/WideTable'
import { HeldPartner } from './HeldPartner'
import { held as heldTexts } from './heldTexts'
import { Holds } from './Holds'
import { ops as texts } from './texts'
import { useHolding } from './useHolding'

const COLORS: Record<string, string> = { WELL: 'green', FAILING: 'red', SILENT: 'yellow', UNUSED: 'gray' }

/**
 * Each partner by what calls to it brought, those that are held first. Read anew every half minute: health has
 * no events.
 */
export default function Partners() {
  const t = texts.use()
  const th = heldTexts.use()
  const me = useMe()
  const { hold } = useHolding()
  const mayHold = me.may('kite.ops.v1.OpsService/HoldPartner')
  const query = useQuery(OpsService.method.listPartners, {}, { refetchInterval: 30_000 })
  return (
    <Loaded query={query}>
      {({ partners }) => (
        <Stack>
          {partners
            .filter(({ holds }) => holds.length > 0)
            .map((partner) => (
              <HeldPartner
                key={partner.code}
                partner={partner}
                mayResume={me.may('kite.ops.v1.OpsService/ResumePartner')}
              />
            ))}
          <WideTable minWidth={760} label={t('tab_partners')}>
            <Table>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>{t('partner')}</Table.Th>
                  <Table.Th>{t('health')}</Table.Th>
                  <Table.Th>{t('last_success')}</Table.Th>
                  <Table.Th>{t('last_failure')}</Table.Th>
                  <Table.Th>{t('hour')}</Table.Th>
                  <Table.Th ta="right">{t('backlog')}</Table.Th>
                  <Table.Th />
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
                      <Badge
                        variant="light"
                        miw="max-content"
                        color={COLORS[partner.health]}
                        data-health={partner.health}
                      >
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
                    <Table.Td>
                      {partner.holds.length > 0 ? (
                        <Badge color="orange" variant="light" miw="max-content">
                          {t('held_still')}
                        </Badge>
                      ) : (
                        mayHold && (
                          <Button
                            size="compact-xs"
                            variant="default"
                            aria-label={th('hold_named', { title: partner.title })}
                            onClick={() => hold(partner)}
                          >
                            {th('hold')}
                          </Button>
                        )
                      )}
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </WideTable>
          {me.may('kite.ops.v1.OpsService/ListHolds') && <Holds partners={partners} />}
        </Stack>
      )}
    </Loaded>
  )
}
