import { Badge, Button, Group, Stack, Text, Title, Tooltip } from '@mantine/core'

import { buyouts } from '@/api/transport'
import { readAgain } from '@/api/queries'
import type { Buyout } from '@/gen/kite/buyout/v1/buyout_pb'
import { useMe } from '@/session/use'
import { useCodes, word } from '@/ui/codes'
import { confirmReason } from '@/ui/confirmReason'
import { formatMoney } from '@/ui/money'
import { Neighbours } from '@/ui/Neighbours'
import { done } from '@/ui/notify'
import { formatTime } from '@/ui/time'
import { Evidence } from './Evidence'
import { buyout as texts } from './texts'

/** Which car, which deal, at what stage; and how to stop it. */
export function BuyoutHeader({ buyout }: { buyout: Buyout }) {
  const t = texts.use()
  useCodes()
  const me = useMe()
  const { summary, car } = buyout
  if (!summary) return null
  const cancel = () =>
    confirmReason({
      title: t('cancel_title'),
      text: t('cancel_text'),
      confirm: t('cancel'),
      danger: true,
      run: async (reason) => {
        const answer = await buyouts.cancelBuyout({ id: summary.id, reason })
        done(answer.message || t('cancelled'))
        readAgain()
      },
    })
  return (
    <Group justify="space-between" align="flex-start">
      <Stack gap={4}>
        <Group gap="xs">
          <Title order={1} size="h3">
            {summary.car || `${t('deal')} ${summary.dealId}`}
          </Title>
          <Badge size="lg" variant="light" color={summary.endedAt ? 'gray' : undefined}>
            {word('stage', summary.stage)}
          </Badge>
        </Group>
        <Group gap="sm">
          <Text size="sm" className="kite-mono">
            {car?.identifier ?? summary.identifier} {car?.plate ?? summary.plate}
          </Text>
          <Text size="sm">
            {t('deal')} {String(summary.dealId)}
          </Text>
          <Text size="sm">{summary.city}</Text>
          {summary.price && <Text size="sm">{`${t('price')} ${formatMoney(summary.price)}`}</Text>}
          <Text size="sm">{`${t('started')} ${formatTime(summary.startedAt, summary.timeZone)}`}</Text>
        </Group>
      </Stack>
      <Group gap="xs" className="kite-screen-only">
        <Neighbours kind="buyout" id={summary.id} />
        <Button size="xs" variant="default" onClick={() => window.print()}>
          {t('print')}
        </Button>
        {me.may('kite.buyout.v1.BuyoutService/ExportEvidence') && <Evidence id={summary.id} />}
        {me.may('kite.buyout.v1.BuyoutService/CancelBuyout') && !summary.endedAt && (
          <Tooltip label={buyout.cancelRefusal} disabled={buyout.mayCancel} multiline maw={320}>
            <Button
              size="xs"
              variant="outline"
              color="red"
              // A disabled button tells nobody why: it stays reachable and says it.
              aria-disabled={!buyout.mayCancel}
              data-disabled={!buyout.mayCancel || undefined}
              onClick={() => (buyout.mayCancel ? cancel() : undefined)}
            >
              {t('cancel')}
            </Button>
          </Tooltip>
        )}
      </Group>
    </Group>
  )
}
