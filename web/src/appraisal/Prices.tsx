import { Stack, Text } from '@mantine/core'

import type { Buyout } from '@/gen/kite/buyout/v1/buyout_pb'
import { formatBasisPoints, formatMoney } from '@/ui/money'
import { MoneyInput } from '@/ui/MoneyInput'
import { useNow } from '@/ui/Deadline'
import { formatDuration, formatTime } from '@/ui/time'
import classes from './Appraise.module.css'
import { standsUntil, type Draft, type Gap } from './draft'
import { appraisal as texts } from './texts'

/** Forecast, buyout and stop price; what the limits of the run's policy say of them. */
export function Prices({
  draft,
  set,
  ids,
  locked,
  errorOf,
  buyout,
}: {
  draft: Draft
  set: (change: Partial<Draft>) => void
  ids: string
  locked: boolean
  errorOf: (field: Gap, filled: boolean) => string | undefined
  buyout: Buyout
}) {
  const t = texts.use()
  const now = useNow()
  const { limits, offer, summary } = buyout
  return (
    <Stack gap={6}>
      <div className={classes.prices}>
        <MoneyInput
          id={`${ids}-forecast_price`}
          label={t('forecast_price')}
          required
          disabled={locked}
          value={draft.forecastPrice}
          onChange={(forecastPrice) => set({ forecastPrice })}
          error={errorOf('forecast_price', draft.forecastPrice !== undefined)}
        />
        <MoneyInput
          id={`${ids}-buyout_price`}
          label={t('buyout_price')}
          required
          disabled={locked}
          value={draft.buyoutPrice}
          onChange={(buyoutPrice) => set({ buyoutPrice })}
          error={errorOf('buyout_price', draft.buyoutPrice !== undefined)}
        />
        <MoneyInput
          id={`${ids}-stop_price`}
          label={t('stop_price')}
          required
          disabled={locked}
          value={draft.stopPrice}
          onChange={(stopPrice) => set({ stopPrice })}
          error={errorOf('stop_price', draft.stopPrice !== undefined)}
        />
      </div>
      {limits && (
        <Text size="xs">
          {t('limits', {
            price: formatMoney(limits.priceWithoutApproval),
            share: formatBasisPoints(limits.marketDeviationBp),
          })}
        </Text>
      )}
      <Text size="xs">
        {offer?.validUntil
          ? t('valid_until', { time: formatTime(offer.validUntil, summary?.timeZone) })
          : limits &&
            t('valid_for', {
              for: formatDuration(limits.offerValidSecs),
              time: formatTime(standsUntil(now, limits.offerValidSecs), summary?.timeZone),
            })}
      </Text>
    </Stack>
  )
}
