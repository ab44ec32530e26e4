import { SimpleGrid, Stack, Title } from '@mantine/core'

import { Checks } from '@/check/Checks'
import { Market } from '@/check/Market'
import { check as texts } from '@/check/texts'
import type { Buyout } from '@/gen/kite/buyout/v1/buyout_pb'
import { useMe } from '@/session/use'

/** What registries say, and beside it what the market pays. */
export default function ChecksTab({ buyout }: { buyout: Buyout }) {
  const t = texts.use()
  const me = useMe()
  // Whoever sees no prices sees no market either, and is told so once.
  if (!me.may('price.see')) return <Checks buyout={buyout} />
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg">
      <Checks buyout={buyout} />
      <Stack gap="xs" component="section">
        <Title order={2} size="h5">
          {t('market')}
        </Title>
        <Market buyout={buyout} />
      </Stack>
    </SimpleGrid>
  )
}
