import { Stack } from '@mantine/core'

import { Checks } from '@/check/Checks'
import { Market } from '@/check/Market'
import type { Buyout } from '@/gen/kite/buyout/v1/buyout_pb'
import { useMe } from '@/session/use'
import { EmptyState } from '@/ui/EmptyState'
import { buyout as texts } from './texts'

/** What the registries say, and the market. */
export default function ChecksTab({ buyout }: { buyout: Buyout }) {
  const t = texts.use()
  const me = useMe()
  if (!me.may('price.see')) return <EmptyState kind="forbidden" text={t('checks_hidden')} />
  return (
    <Stack>
      <Checks buyout={buyout} />
      <Market buyout={buyout} />
    </Stack>
  )
}
