import { Alert, Badge, Card, Group, List, Stack, Table, Text, Title } from '@mantine/core'

import type { Buyout } from '@/gen/kite/buyout/v1/buyout_pb'
import type { Appraisal } from '@/gen/kite/task/v1/task_pb'
import { useCodes, word } from '@/ui/codes'
import { Facts } from '@/ui/Facts'
import { formatMoney } from '@/ui/money'
import { formatTime } from '@/ui/time'
import { Margin } from './Forecasts'
import { appraisal as texts } from './texts'
import { useMeaning } from './usePreview'

/** An appraisal as it was made: prices, repairs, channels, and why somebody else must look at it. */
export function AppraisalView({ buyout }: { buyout: Buyout }) {
  const t = texts.use()
  useCodes()
  const set = buyout.appraisal
  const made = set?.appraisal
  const zone = buyout.summary?.timeZone
  if (!set || !made) return <Text size="sm">{t('none')}</Text>
  return (
    <Card withBorder padding="sm">
      <Stack gap="sm">
        <Group justify="space-between">
          <Title order={2} size="h5">
            {t('appraisal')}
          </Title>
          <Badge>{`${t('category')} ${set.category}`}</Badge>
        </Group>
        {set.approvalReasons.length > 0 && (
          <Alert color="yellow" variant="light" p="xs">
            <Text size="sm" fw={600}>
              {t('why_second')}
            </Text>
            <List size="sm">
              {set.approvalReasons.map((reason) => (
                <List.Item key={reason}>{reason}</List.Item>
              ))}
            </List>
          </Alert>
        )}
        <Facts
          rows={[
            [t('buyout_price'), <b key="price">{formatMoney(made.buyoutPrice)}</b>],
            [t('stop_price'), <b key="stop">{formatMoney(made.stopPrice)}</b>],
            [t('forecast_price'), formatMoney(made.forecastPrice)],
            [t('channel'), word('channel', made.channel)],
            [t('category'), set.categoryRule],
            [t('appraiser'), `${set.appraiser?.name ?? ''}, ${formatTime(set.at, zone)}`],
            [t('comment'), made.comment],
          ]}
        />
        <RepairsMade made={made} />
        <ForecastsMade buyoutId={buyout.summary?.id ?? ''} made={made} />
      </Stack>
    </Card>
  )
}

function RepairsMade({ made }: { made: Appraisal }) {
  const t = texts.use()
  if (made.repairs.length === 0) return <Text size="sm">{t('repairs_none')}</Text>
  const total = made.repairs.reduce((sum, line) => (line.fix ? sum + (line.cost?.kopecks ?? 0n) : sum), 0n)
  return (
    <Table verticalSpacing={4} horizontalSpacing={6} captionSide="top">
      <Table.Caption>{t('section_repairs')}</Table.Caption>
      <Table.Thead>
        <Table.Tr>
          <Table.Th scope="col">{t('defect')}</Table.Th>
          <Table.Th scope="col">{t('fix')}</Table.Th>
          <Table.Th scope="col">{t('cost')}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {made.repairs.map((line, index) => (
          <Table.Tr key={index}>
            <Table.Td>{`${word('element', line.element)}: ${word('defect', line.kind)}`}</Table.Td>
            <Table.Td>{t(line.fix ? 'yes' : 'no')}</Table.Td>
            <Table.Td>{line.fix || (line.cost?.kopecks ?? 0n) > 0n ? formatMoney(line.cost) : '—'}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
      <Table.Tfoot>
        <Table.Tr>
          <Table.Th scope="row" colSpan={2}>
            {t('repair_total')}
          </Table.Th>
          <Table.Th>{formatMoney(total)}</Table.Th>
        </Table.Tr>
      </Table.Tfoot>
    </Table>
  )
}

function ForecastsMade({ buyoutId, made }: { buyoutId: string; made: Appraisal }) {
  const t = texts.use()
  const { data } = useMeaning(buyoutId, made)
  if (made.forecasts.length === 0) return null
  return (
    <Table verticalSpacing={4} horizontalSpacing={6} captionSide="top">
      <Table.Caption>{t('forecasts')}</Table.Caption>
      <Table.Thead>
        <Table.Tr>
          <Table.Th scope="col">{t('channel')}</Table.Th>
          <Table.Th scope="col">{t('sale_price')}</Table.Th>
          <Table.Th scope="col">{t('days')}</Table.Th>
          <Table.Th scope="col">{t('costs')}</Table.Th>
          <Table.Th scope="col">{t('margin_head')}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {made.forecasts.map((forecast) => {
          const margin = data?.margins.find((each) => each.channel === forecast.channel)
          const chosen = forecast.channel === made.channel
          return (
            <Table.Tr key={forecast.channel} fw={chosen ? 600 : undefined}>
              <Table.Td>
                {word('channel', forecast.channel)}
                {chosen && ` (${t('chosen')})`}
              </Table.Td>
              <Table.Td>{formatMoney(forecast.price)}</Table.Td>
              <Table.Td>{forecast.days}</Table.Td>
              <Table.Td>{formatMoney(forecast.costs)}</Table.Td>
              <Table.Td>{margin ? <Margin margin={margin} named={false} /> : '—'}</Table.Td>
            </Table.Tr>
          )
        })}
      </Table.Tbody>
    </Table>
  )
}
