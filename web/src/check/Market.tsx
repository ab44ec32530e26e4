import { Group, Stack, Table, Text, Title } from '@mantine/core'

import type { Analogue, Buyout } from '@/gen/kite/buyout/v1/buyout_pb'
import { EmptyState } from '@/ui/EmptyState'
import { useMe } from '@/session/use'
import { LinkAnchor } from '@/ui/links'
import { formatBasisPoints, formatMoney } from '@/ui/money'
import { formatDay, formatTime } from '@/ui/time'
import classes from './Market.module.css'
import { deviation, place, scaleOf } from './scale'
import { standing } from './sources'
import { check as texts } from './texts'
import { CheckCard } from './CheckCard'

export interface Mark {
  label: string
  price: bigint | undefined
}

/** What the market pays for such cars, and where our own prices stand on the same scale. */
export function Market({ buyout, marks = marksOf(buyout) }: { buyout: Buyout; marks?: MarkKeyed[] }) {
  const t = texts.use()
  const me = useMe()
  if (!me.may('price.see')) return <EmptyState kind="forbidden" text={t('hidden')} />
  const { market } = buyout
  const zone = buyout.summary?.timeZone
  const source = standing(buyout, 'MARKET')
  const named: Mark[] = marks.map(({ key, price }) => ({ label: t(`mark_${key}`), price }))
  return (
    <Stack gap="sm">
      {!market && (
        <>
          <Text size="sm">{t('market_none')}</Text>
          <CheckCard at={source} zone={zone} />
        </>
      )}
      {market && (
        <>
          <PriceScale
            min={market.min?.kopecks ?? 0n}
            average={market.average?.kopecks ?? 0n}
            max={market.max?.kopecks ?? 0n}
            marks={named}
          />
          <Group gap={4} style={{ columnGap: 16 }}>
            <Text size="sm">{t('items', { count: market.items })}</Text>
            {market.daysOnMarket > 0 && <Text size="sm">{t('days', { count: market.daysOnMarket })}</Text>}
          </Group>
          <Text size="xs">
            {t('market_source', {
              source: source.check?.source ?? '—',
              time: formatTime(market.takenAt ?? source.check?.takenAt, zone),
            })}
          </Text>
        </>
      )}
      <Analogues rows={buyout.analogues} zone={zone} />
    </Stack>
  )
}

export interface MarkKeyed {
  key: 'forecast' | 'buyout' | 'stop' | 'offer'
  price: bigint | undefined
}

/** The prices of the run as they are set; a form gives its own. */
export function marksOf(buyout: Buyout): MarkKeyed[] {
  const set = buyout.appraisal?.appraisal
  return [
    { key: 'forecast', price: set?.forecastPrice?.kopecks },
    { key: 'buyout', price: set?.buyoutPrice?.kopecks },
    { key: 'stop', price: set?.stopPrice?.kopecks },
    { key: 'offer', price: buyout.offer?.price?.kopecks },
  ]
}

function PriceScale({
  min,
  average,
  max,
  marks,
}: {
  min: bigint
  average: bigint
  max: bigint
  marks: Mark[]
}) {
  const t = texts.use()
  const shown = marks.flatMap(({ label, price }) => (price === undefined ? [] : [{ label, price }]))
  const scale = scaleOf([min, average, max, ...shown.map(({ price }) => price)])
  if (!scale) return null
  return (
    <div className={classes.scale}>
      <Group justify="space-between" gap="xs">
        <Text size="sm" fw={600}>
          {t('market')}
        </Text>
        <Text size="sm" className={classes.sum}>
          {t('market_line', {
            min: formatMoney(min),
            average: formatMoney(average),
            max: formatMoney(max),
          })}
        </Text>
      </Group>
      <Line>
        <line
          x1={`${place(scale, min)}%`}
          x2={`${place(scale, max)}%`}
          y1="9"
          y2="9"
          className={classes.band}
        />
        <line
          x1={`${place(scale, average)}%`}
          x2={`${place(scale, average)}%`}
          y1="1"
          y2="17"
          className={classes.tick}
        />
      </Line>
      {shown.map(({ label, price }) => {
        const far = deviation(price, average)
        return (
          <div key={label} className={classes.row}>
            <Group justify="space-between" gap="xs">
              <Text size="sm">{label}</Text>
              <Text size="sm" className={classes.sum}>
                <b>{formatMoney(price)}</b>
                {far !== undefined &&
                  far !== 0 &&
                  ` ${t(far > 0 ? 'above' : 'below', { share: formatBasisPoints(Math.abs(far)) })}`}
              </Text>
            </Group>
            <Line>
              <line
                x1={`${place(scale, average)}%`}
                x2={`${place(scale, average)}%`}
                y1="1"
                y2="17"
                className={classes.guide}
              />
              <circle cx={`${place(scale, price)}%`} cy="9" r="6" className={classes.dot} />
            </Line>
          </div>
        )
      })}
    </div>
  )
}

/** One line of the scale; every figure it shows stands beside it in words. */
function Line({ children }: { children: React.ReactNode }) {
  return (
    <svg className={classes.line} height="18" aria-hidden focusable="false">
      <line x1="0" x2="100%" y1="9" y2="9" className={classes.axis} />
      {children}
    </svg>
  )
}

function Analogues({ rows, zone }: { rows: Analogue[]; zone?: string }) {
  const t = texts.use()
  return (
    <Stack gap={4} component="section">
      <Title order={3} size="h6">
        {t('analogues')}
      </Title>
      {rows.length === 0 && <Text size="sm">{t('analogues_none')}</Text>}
      {rows.length > 0 && (
        <Table verticalSpacing={4} horizontalSpacing={6} tabularNums>
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">{t('car')}</Table.Th>
              <Table.Th scope="col">{t('bought_for')}</Table.Th>
              <Table.Th scope="col">{t('mark_forecast')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows.map((row) => (
              <Table.Tr key={row.buyoutId}>
                <Table.Td>
                  <LinkAnchor to="/buyouts/$id" params={{ id: row.buyoutId }} size="sm">
                    {row.car}
                  </LinkAnchor>
                  <Text size="xs">
                    {`${t('km', { value: row.mileageKm.toLocaleString('ru-RU') })}, ${formatDay(row.at, zone)}`}
                  </Text>
                </Table.Td>
                <Table.Td className={classes.cell}>{formatMoney(row.buyoutPrice)}</Table.Td>
                <Table.Td className={classes.cell}>{formatMoney(row.forecastPrice)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </Stack>
  )
}
