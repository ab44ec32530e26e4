import { Alert, Badge, Card, Group, Stack, Text, Title } from '@mantine/core'
import { Link } from '@tanstack/react-router'

import type { Buyout, Payment } from '@/gen/kite/buyout/v1/buyout_pb'
import { useMe } from '@/session/use'
import { useCodes, word } from '@/ui/codes'
import { EmptyState } from '@/ui/EmptyState'
import { Facts } from '@/ui/Facts'
import { formatMoney } from '@/ui/money'
import { formatTime } from '@/ui/time'
import { buyout as texts } from './texts'

const COLORS: Record<string, string> = {
  PAID: 'green',
  CONFIRMED: 'green',
  REFUSED: 'red',
  UNKNOWN: 'orange',
}

/** Every attempt to pay with what the bank says, and the receipt in 1C. Nothing here is a guess of ours. */
export function PaymentTab({ buyout }: { buyout: Buyout }) {
  const t = texts.use()
  const me = useMe()
  if (!me.may('price.see')) return <EmptyState kind="forbidden" text={t('price_hidden')} />
  const { intake } = buyout
  return (
    <Stack>
      <Duplicates buyout={buyout} />
      {buyout.payments.length === 0 && <EmptyState kind="none" text={t('payments_none')} />}
      {buyout.payments.toReversed().map((payment) => (
        <PaymentCard key={payment.attempt} payment={payment} zone={buyout.summary?.timeZone} />
      ))}
      {intake && intake.receiptNumber !== '' && (
        <Card withBorder padding="sm">
          <Facts
            rows={[[t('intake'), `${intake.receiptNumber}, ${t(intake.posted ? 'posted' : 'not_posted')}`]]}
          />
        </Card>
      )}
    </Stack>
  )
}

export function PaymentCard({ payment, zone }: { payment: Payment; zone?: string }) {
  const t = texts.use()
  useCodes()
  return (
    <Card withBorder padding="sm">
      <Stack gap="xs">
        <Group justify="space-between">
          <Title order={3} size="h5">
            {t('attempt', { n: payment.attempt })}
          </Title>
          <Badge color={COLORS[payment.state]} variant="light" data-payment-state={payment.state}>
            {word('payment_state', payment.state)}
          </Badge>
        </Group>
        <Facts
          rows={[
            [t('amount'), formatMoney(payment.amount)],
            [t('rail'), word('rail', payment.rail)],
            [t('treasury'), payment.treasuryNumber],
            [t('approved_by'), payment.approvedBy?.name],
            [t('partner_id'), payment.partnerId && <span className="kite-mono">{payment.partnerId}</span>],
            [t('refusal'), payment.refusal],
            [t('paid_at'), payment.paidAt && formatTime(payment.paidAt, zone)],
          ]}
        />
      </Stack>
    </Card>
  )
}

/** Runs and payments that look like this one; a person decides whether they are. */
export function Duplicates({ buyout }: { buyout: Buyout }) {
  const t = texts.use()
  if (buyout.duplicates.length === 0) return null
  return (
    <Alert color="orange" variant="light" title={t('duplicates')}>
      {buyout.duplicates.map((found) => (
        <Text size="sm" key={`${found.kind} ${found.buyoutId}`}>
          {found.text}{' '}
          <Link to="/buyouts/$id" params={{ id: found.buyoutId }}>
            {t('open_task')}
          </Link>
        </Text>
      ))}
    </Alert>
  )
}
