import { Button, Card, Group, Stack } from '@mantine/core'

import { useDraft } from '@/app/useDraft'
import { PaymentTab } from '@/buyout/PaymentTab'
import type { FormProps } from '@/task/form'
import { confirmReason } from '@/ui/confirmReason'
import { otherErrors } from '@/ui/fieldError'
import { FormErrors } from '@/ui/FormErrors'
import { formatMoney } from '@/ui/money'
import { requisitesDraft, requisitesMessage } from './requisites'
import { RequisitesFields } from './RequisitesFields'
import { REQUISITES_PATHS } from './paths'
import { payment as texts } from './texts'

/** The bank said no: other requisites, or the deal ends. */
export default function FixRequisitesForm({ task, buyout, decision }: FormProps) {
  const t = texts.use()
  const [draft, setDraft, clear] = useDraft(`requisites:${task.id}`, () =>
    requisitesDraft(buyout.papers?.requisites, buyout.papers?.fields?.sellerFullName),
  )
  const pay = () =>
    confirmReason({
      title: t('confirm_requisites', { amount: formatMoney(buyout.summary?.price) }),
      confirm: t('send_requisites'),
      reason: 'none',
      run: async () => {
        if (await decision.decide({ case: 'requisites', value: requisitesMessage(draft) })) clear()
      },
    })
  return (
    <Stack>
      <PaymentTab buyout={buyout} />
      <Card withBorder padding="sm">
        <Stack>
          <RequisitesFields
            value={draft}
            onChange={(change) => setDraft((old) => ({ ...old, ...change }))}
            errors={decision.errors}
            disabled={decision.refusal !== ''}
            buyout={buyout}
          />
          <FormErrors errors={otherErrors(decision.errors, REQUISITES_PATHS)} />
          <Group justify="space-between">
            <GiveUp decision={decision} />
            <Button loading={decision.busy} disabled={decision.refusal !== ''} onClick={pay}>
              {t('send_requisites')}
            </Button>
          </Group>
        </Stack>
      </Card>
    </Stack>
  )
}

/** Ends a deal whose money cannot be paid. */
export function GiveUp({ decision }: Pick<FormProps, 'decision'>) {
  const t = texts.use()
  return (
    <Button
      variant="outline"
      color="red"
      disabled={decision.refusal !== ''}
      onClick={() =>
        confirmReason({
          title: t('give_up_title'),
          text: t('give_up_text'),
          confirm: t('give_up'),
          danger: true,
          run: (text) => decision.decide({ case: 'giveUp', value: { text } }),
        })
      }
    >
      {t('give_up')}
    </Button>
  )
}
