import { Alert, Button, Card, Group, Radio, Stack, Text, Textarea, Title } from '@mantine/core'

import { useDraft } from '@/app/useDraft'
import { OfferCard } from '@/buyout/PriceTab'
import type { FormProps } from '@/task/form'
import { confirmReason } from '@/ui/confirmReason'
import { fieldError, otherErrors } from '@/ui/fieldError'
import { FormErrors } from '@/ui/FormErrors'
import { formatMoney } from '@/ui/money'
import { MoneyInput } from '@/ui/MoneyInput'
import { offer as texts } from './texts'

const CHOICES = ['ACCEPT_COUNTER', 'PROPOSE', 'HOLD', 'DECLINE'] as const
type Choice = (typeof CHOICES)[number]

interface Draft {
  choice?: Choice
  price?: bigint
  reason: string
}

/** The client wants more: take it, meet in the middle, stay, or end. Nothing above the stop price goes out. */
export default function BargainForm({ task, buyout, decision }: FormProps) {
  const t = texts.use()
  const [draft, setDraft, clear] = useDraft<Draft>(`bargain:${task.id}`, { reason: '' })
  const counter = buyout.answers.findLast((answer) => answer.answer === 'COUNTER')?.amount
  const stop = buyout.appraisal?.appraisal?.stopPrice
  const over = counter !== undefined && stop !== undefined && counter.kopecks > stop.kopecks
  const { choice } = draft
  const left = (buyout.limits?.bargainRounds ?? 0) - (buyout.offer?.round ?? 0)
  const send = async () => {
    if (!choice) return
    const accepted = await decision.decide({
      case: 'bargain',
      value: {
        decision: choice,
        price: choice === 'PROPOSE' ? { kopecks: draft.price ?? 0n } : undefined,
        reason: choice === 'DECLINE' ? draft.reason : '',
      },
    })
    if (accepted) clear()
  }
  const submit = () => {
    if (choice === 'HOLD' || !choice) {
      void send()
      return
    }
    const price = formatMoney(choice === 'PROPOSE' ? draft.price : counter)
    confirmReason({
      title:
        choice === 'DECLINE'
          ? t('confirm_decline')
          : t(choice === 'PROPOSE' ? 'confirm_price' : 'confirm_take', { price }),
      confirm: t('send'),
      reason: 'none',
      danger: choice === 'DECLINE',
      run: send,
    })
  }
  return (
    <Stack>
      <OfferCard buyout={buyout} />
      <Card withBorder padding="sm">
        <form
          onSubmit={(event) => {
            event.preventDefault()
            submit()
          }}
        >
          <Stack gap="sm">
            <Title order={2} size="h5">
              {t('bargain')}
            </Title>
            <Text size="sm">
              <b>{t('counter', { amount: formatMoney(counter) })}</b>.{' '}
              {t('current', { price: formatMoney(buyout.offer?.price), stop: formatMoney(stop) })}
            </Text>
            {left > 0 && <Text size="sm">{t('rounds_left', { count: left })}</Text>}
            {over && (
              <Alert color="yellow" variant="light" p="xs">
                {t('over_stop')}
              </Alert>
            )}
            <Radio.Group
              aria-label={t('bargain')}
              value={choice ?? ''}
              onChange={(next) => setDraft((old) => ({ ...old, choice: next as Choice }))}
            >
              <Stack gap="xs">
                {CHOICES.map((each) => (
                  <Radio
                    key={each}
                    value={each}
                    label={t(each === 'DECLINE' ? 'DECLINE_DEAL' : each)}
                    disabled={decision.refusal !== '' || (each === 'ACCEPT_COUNTER' && over)}
                  />
                ))}
              </Stack>
            </Radio.Group>
            {choice === 'PROPOSE' && (
              <MoneyInput
                label={t('price')}
                required
                maw={280}
                value={draft.price}
                onChange={(price) => setDraft((old) => ({ ...old, price }))}
                error={fieldError(decision.errors, 'price')}
              />
            )}
            {choice === 'DECLINE' && (
              <Textarea
                label={t('decline_reason')}
                required
                autosize
                minRows={2}
                maxLength={4000}
                value={draft.reason}
                onChange={(event) => {
                  const reason = event.currentTarget.value
                  setDraft((old) => ({ ...old, reason }))
                }}
                error={fieldError(decision.errors, 'reason')}
              />
            )}
            <FormErrors errors={otherErrors(decision.errors, ['price', 'reason'])} />
            <Group justify="flex-end">
              <Button type="submit" loading={decision.busy} disabled={!choice || decision.refusal !== ''}>
                {t('send')}
              </Button>
            </Group>
          </Stack>
        </form>
      </Card>
    </Stack>
  )
}
