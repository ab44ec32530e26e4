import { Alert, Button, Group, Stack } from '@mantine/core'

import { PaymentTab } from '@/buyout/PaymentTab'
import { People } from '@/buyout/People'
import type { FormProps } from '@/task/form'
import { FormErrors } from '@/ui/FormErrors'
import { GiveUp } from './FixRequisitesForm'
import { payment as texts } from './texts'

/** Whoever took part in the deal approved its payment in 1C: somebody else must, or the deal ends. */
export default function ResolveOwnWorkForm({ buyout, decision }: FormProps) {
  const t = texts.use()
  return (
    <Stack>
      <Alert color="orange" variant="light">
        {t('own_work')}
      </Alert>
      <PaymentTab buyout={buyout} />
      <People buyout={buyout} />
      <FormErrors errors={Object.values(decision.errors)} />
      <Group justify="space-between">
        <GiveUp decision={decision} />
        <Button
          loading={decision.busy}
          disabled={decision.refusal !== ''}
          onClick={() => void decision.decide({ case: 'retry', value: { text: '' } })}
        >
          {t('ask_again')}
        </Button>
      </Group>
    </Stack>
  )
}
