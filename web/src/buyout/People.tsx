import { Card, Stack, Text, Title } from '@mantine/core'

import type { Buyout } from '@/gen/kite/buyout/v1/buyout_pb'
import { LinkAnchor } from '@/ui/links'
import { useCodes, word } from '@/ui/codes'
import { Facts } from '@/ui/Facts'
import { formatDay } from '@/ui/time'
import { buyout as texts } from './texts'

/** Who holds which part in the run, and other runs with the same car. */
export function People({ buyout }: { buyout: Buyout }) {
  const t = texts.use()
  useCodes()
  if (buyout.duties.length === 0 && buyout.sameCar.length === 0) return null
  return (
    <Card withBorder padding="sm" mt="sm">
      <Stack gap="xs">
        {buyout.duties.length > 0 && (
          <>
            <Title order={2} size="h5">
              {t('duties')}
            </Title>
            <Facts rows={buyout.duties.map(({ duty, person }) => [word('duty', duty), person?.name])} />
          </>
        )}
        {buyout.sameCar.length > 0 && (
          <>
            <Title order={2} size="h5">
              {t('same_car')}
            </Title>
            {buyout.sameCar.map((run) => (
              <Text size="sm" key={run.id}>
                <LinkAnchor to="/buyouts/$id" params={{ id: run.id }}>
                  {t('deal')} {String(run.dealId)}
                </LinkAnchor>
                {`, ${formatDay(run.startedAt, run.timeZone)}, ${word('stage', run.stage)}`}
              </Text>
            ))}
          </>
        )}
      </Stack>
    </Card>
  )
}
