import { useQuery } from '@connectrpc/connect-query'
import { Alert, Button, Group, Stack } from '@mantine/core'

import { OpsService } from '@/gen/kite/ops/v1/ops_pb'
import { useMe } from '@/session/use'
import { Icon } from '@/ui/Icon'
import { LinkButton } from '@/ui/links'
import { held as texts } from './heldTexts'
import { HoldLine } from './HoldLine'
import { useHolding } from './useHolding'

/** Above everything else while a partner is held; nothing when calls pass. */
export function HeldBanner() {
  const t = texts.use()
  const me = useMe()
  const { resume } = useHolding()
  const query = useQuery(OpsService.method.listPartners, {}, { refetchInterval: 30_000 })
  const holds = (query.data?.partners ?? []).flatMap((partner) => partner.holds)
  const partners = [...new Map(holds.map((hold) => [hold.partner, hold.partnerTitle]))]
  if (partners.length === 0) return null
  return (
    <Alert
      color="orange"
      variant="light"
      role="status"
      title={t('title', { count: partners.length })}
      icon={<Icon name="warning" />}
    >
      <Stack gap="xs">
        {holds.map((hold) => (
          <HoldLine key={String(hold.id)} hold={hold} />
        ))}
        <Group gap="sm">
          {me.may('kite.ops.v1.OpsService/ResumePartner') &&
            partners.map(([code, title]) => (
              <Button key={code} size="compact-sm" variant="default" onClick={() => resume({ code, title })}>
                {t('resume_named', { title })}
              </Button>
            ))}
          <LinkButton to="/ops" search={{ tab: 'partners' }} size="compact-sm" variant="default">
            {t('to_partners')}
          </LinkButton>
        </Group>
      </Stack>
    </Alert>
  )
}
