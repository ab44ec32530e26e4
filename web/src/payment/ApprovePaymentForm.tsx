import { Alert, SimpleGrid, Stack } from '@mantine/core'

import { PaymentTab } from '@/buyout/PaymentTab'
import type { FormProps } from '@/task/form'
import { Control } from './Control'
import { payment as texts } from './texts'

/** Decided in 1C or in the bank; here is everything to decide by. */
export default function ApprovePaymentForm({ task, buyout }: FormProps) {
  const t = texts.use()
  const number = buyout.payments.at(-1)?.treasuryNumber ?? ''
  return (
    <Stack>
      <Alert variant="light">
        {task.kind === 'SIGN_BANK_ORDER' ? t('outside_bank') : t('outside_treasury', { number })}
      </Alert>
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <Control buyout={buyout} />
        <PaymentTab buyout={buyout} />
      </SimpleGrid>
    </Stack>
  )
}
