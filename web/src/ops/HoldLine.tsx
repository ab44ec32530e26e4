import { Text } from '@mantine/core'

import type { Hold } from '@/gen/kite/ops/v1/ops_pb'
import { formatTime } from '@/ui/time'
import { held as texts } from './heldTexts'

/** A hold in force: who or what stopped the partner, since when, why. */
export function HoldLine({ hold }: { hold: Hold }) {
  const t = texts.use()
  const time = formatTime(hold.since)
  return (
    <Text size="sm" className="kite-words">
      <b>{hold.partnerTitle}</b> {t(hold.cause as 'OPS')} (
      {hold.heldBy ? t('by', { name: hold.heldBy.name, time }) : t('itself', { time })}): {hold.reason}
    </Text>
  )
}
