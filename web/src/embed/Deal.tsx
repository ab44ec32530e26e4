import { useQuery } from '@connectrpc/connect-query'
import { Badge, Group, SimpleGrid, Stack, Text, Title } from '@mantine/core'

import { useLive } from '@/app/useLive'
import { ClientCard } from '@/buyout/ClientCard'
import { OfferCard } from '@/buyout/PriceTab'
import { Waiting } from '@/buyout/Waiting'
import { BuyoutService } from '@/gen/kite/buyout/v1/buyout_pb'
import { useMe } from '@/session/use'
import { useCodes, word } from '@/ui/codes'
import { Loaded } from '@/ui/Loaded'
import { formatMoney } from '@/ui/money'

/** The run compactly: stage, who is awaited, offer, client and car. Tasks open in a window of their own. */
export function Deal({ id }: { id: string }) {
  useCodes()
  const me = useMe()
  useLive(me.id)
  const query = useQuery(BuyoutService.method.getBuyout, { id })
  return (
    <Loaded query={query}>
      {({ buyout }) =>
        buyout && (
          <Stack gap="sm">
            <Group gap="xs">
              <Title order={1} size="h4">
                {buyout.summary?.car}
              </Title>
              <Badge variant="light">{word('stage', buyout.summary?.stage ?? '')}</Badge>
              {buyout.summary?.price && <Text size="sm">{formatMoney(buyout.summary.price)}</Text>}
            </Group>
            <Waiting buyout={buyout} newWindow />
            <SimpleGrid cols={{ base: 1, sm: 2 }}>
              <ClientCard buyout={buyout} />
              {me.may('price.see') && <OfferCard buyout={buyout} />}
            </SimpleGrid>
          </Stack>
        )
      }
    </Loaded>
  )
}
