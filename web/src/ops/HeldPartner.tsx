import { Button, Card, Group, Stack, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'

import type { Partner } from '@/gen/kite/ops/v1/ops_pb'
import { held as heldTexts } from './heldTexts'
import { HoldLine } from './HoldLine'
import { PartnerWaits } from './PartnerWaits'
import { ops as texts } from './texts'
import { useHolding } from './useHolding'

/** A partner that is held: why, what waits behind it, and the way out. */
export function HeldPartner({ partner, mayResume }: { partner: Partner; mayResume: boolean }) {
  const t = texts.use()
  const th = heldTexts.use()
  const { resume } = useHolding()
  const [open, { toggle }] = useDisclosure()
  const byPerson = partner.holds.some((hold) => hold.cause === 'OPS')
  return (
    <Card withBorder padding="sm" component="section" aria-label={partner.title} data-held={partner.code}>
      <Stack gap="xs">
        {partner.holds.map((hold) => (
          <HoldLine key={String(hold.id)} hold={hold} />
        ))}
        <Text size="sm">{th(byPerson ? 'what_ops' : 'what_circuit')}</Text>
        <Text size="sm">{th('behind', { count: partner.backlog ?? '—' })}</Text>
        <Group gap="xs">
          {mayResume && (
            <Button size="xs" onClick={() => resume(partner)}>
              {th('resume')}
            </Button>
          )}
          <Button size="xs" variant="default" onClick={toggle} aria-expanded={open}>
            {t('waits_load')}
          </Button>
        </Group>
        {open && <PartnerWaits title={partner.title} />}
      </Stack>
    </Card>
  )
}
