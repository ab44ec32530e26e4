import { Card, Group, NumberInput, Radio, Stack, Text } from '@mantine/core'

import type { ChannelMargin } from '@/gen/kite/buyout/v1/buyout_pb'
import { useCodes, word } from '@/ui/codes'
import { formatBasisPoints, formatMoney } from '@/ui/money'
import { MoneyInput } from '@/ui/MoneyInput'
import classes from './Appraise.module.css'
import { CHANNELS, type Channel, type Draft, type Forecast } from './draft'
import { appraisal as texts } from './texts'

const MOST_DAYS = 3650

/** What each sales channel would bring; one of them is chosen. The margin is the server's. */
export function Forecasts({
  draft,
  margins,
  old,
  onForecast,
  onChannel,
  locked,
  error,
  id,
}: {
  draft: Draft
  margins: ChannelMargin[]
  /** The margins are of what was typed before. */
  old: boolean
  onForecast: (channel: Channel, forecast: Forecast) => void
  onChannel: (channel: Channel) => void
  locked: boolean
  error?: string
  id: string
}) {
  const t = texts.use()
  useCodes()
  return (
    <Radio.Group
      aria-label={t('channel')}
      value={draft.channel ?? ''}
      onChange={(next) => {
        const channel = CHANNELS.find((each) => each === next)
        if (channel) onChannel(channel)
      }}
      error={error}
    >
      <Stack gap="xs">
        {CHANNELS.map((channel, index) => {
          const forecast = draft.forecasts[channel]
          const margin = margins.find((each) => each.channel === channel)
          const name = word('channel', channel)
          const put = (change: Partial<Forecast>) => onForecast(channel, { ...forecast, ...change })
          return (
            <Card key={channel} withBorder padding="xs" data-chosen={draft.channel === channel || undefined}>
              <Group justify="space-between" gap="xs" mb={6}>
                <Radio value={channel} label={name} disabled={locked} id={index === 0 ? id : undefined} />
                <Text size="sm" className={classes.computed} data-old={old || undefined}>
                  {margin ? <Margin margin={margin} /> : t('margin_none')}
                </Text>
              </Group>
              <div className={classes.three}>
                <MoneyInput
                  size="xs"
                  label={t('sale_price')}
                  aria-label={`${t('sale_price')}: ${name}`}
                  value={forecast.price}
                  disabled={locked}
                  onChange={(price) => put({ price })}
                />
                <NumberInput
                  size="xs"
                  label={t('days')}
                  aria-label={`${t('days')}: ${name}`}
                  min={0}
                  max={MOST_DAYS}
                  allowDecimal={false}
                  allowNegative={false}
                  hideControls
                  value={forecast.days ?? ''}
                  disabled={locked}
                  onChange={(days) => put({ days: typeof days === 'number' ? days : undefined })}
                />
                <MoneyInput
                  size="xs"
                  label={t('costs')}
                  aria-label={`${t('costs')}: ${name}`}
                  value={forecast.costs}
                  disabled={locked}
                  onChange={(costs) => put({ costs })}
                />
              </div>
            </Card>
          )
        })}
      </Stack>
    </Radio.Group>
  )
}

/** "маржа 120 000 ₽ (9,1 %)"; a loss is called one. */
export function Margin({ margin, named = true }: { margin: ChannelMargin; named?: boolean }) {
  const t = texts.use()
  const loss = (margin.margin?.kopecks ?? 0n) < 0n
  return (
    <>
      {named && t(loss ? 'loss' : 'margin')} <b>{formatMoney(margin.margin)}</b>
      {` (${formatBasisPoints(margin.marginBp)})`}
    </>
  )
}
