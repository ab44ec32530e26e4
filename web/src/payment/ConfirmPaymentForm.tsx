import { Button, Group, SimpleGrid, Stack } from '@mantine/core'

import { PaymentTab } from '@/buyout/PaymentTab'
import type { FormProps } from '@/task/form'
import { confirmReason } from '@/ui/confirmReason'
import { FormErrors } from '@/ui/FormErrors'
import { formatMoney } from '@/ui/money'
import { Control } from './Control'
import { payment as texts } from './texts'

/** The verifier compares what the bank says with what was agreed, and confirms. */
export default function ConfirmPaymentForm({ buyout, decision }: FormProps) {
  const t = texts.use()
  const amount = buyout.payments.at(-1)?.amount ?? buyout.summary?.price
  return (
    <Stack>
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <Control buyout={buyout} />
        <PaymentTab buyout={buyout} />
      </SimpleGrid>
      <FormErrors errors={Object.values(decision.errors)} />
      <Group justify="flex-end">
        <Button
          loading={decision.busy}
          disabled={decision.refusal !== ''}
          onClick={() =>
            confirmReason({
              title: t('confirm_title', { amount: formatMoney(amount) }),
              text: t('confirm_text'),
              confirm: t('confirm'),
              reason: 'optional',
              run: (text) => decision.decide({ case: 'confirmPayment', value: { text } }),
            })
          }
        >
          {t('confirm')}
        </Button>
      </Group>
    </Stack>
  )
}
