import { Alert, Button, Card, Group, List, Radio, SimpleGrid, Stack, Textarea, Title } from '@mantine/core'
import { useState } from 'react'

import { readAgain } from '@/api/queries'
import { buyouts } from '@/api/transport'
import { useDraft } from '@/app/useDraft'
import { OfferCard } from '@/buyout/PriceTab'
import { useMe } from '@/session/use'
import type { FormProps } from '@/task/form'
import { confirmReason } from '@/ui/confirmReason'
import { fieldError, otherErrors } from '@/ui/fieldError'
import { FormErrors } from '@/ui/FormErrors'
import { formatMoney } from '@/ui/money'
import { MoneyInput } from '@/ui/MoneyInput'
import { done, failed } from '@/ui/notify'
import { formatTime } from '@/ui/time'
import { offer as texts } from './texts'

const ANSWERS = ['ACCEPT', 'COUNTER', 'DECLINE', 'THINK'] as const
type Answer = (typeof ANSWERS)[number]

interface Draft {
  answer?: Answer
  amount?: bigint
  reason: string
}

/** The manager calls the client, says the price and records what they answer. */
export default function OfferToClientForm({ task, buyout, decision }: FormProps) {
  const t = texts.use()
  const [draft, setDraft, clear] = useDraft<Draft>(`offer:${task.id}`, { reason: '' })
  const { offer, summary } = buyout
  if (!offer) return <Alert color="yellow">{t('no_offer')}</Alert>
  const { answer } = draft
  const send = async () => {
    if (!answer) return
    const accepted = await decision.decide({
      case: 'clientAnswer',
      value: {
        round: offer.round,
        answer,
        amount: answer === 'COUNTER' ? { kopecks: draft.amount ?? 0n } : undefined,
        reason: answer === 'DECLINE' ? draft.reason : '',
      },
    })
    if (accepted) clear()
  }
  const submit = () => {
    // What binds the dealer or ends the deal is asked once more.
    if (answer === 'ACCEPT' || answer === 'DECLINE') {
      confirmReason({
        title:
          answer === 'ACCEPT'
            ? t('confirm_accept', { price: formatMoney(offer.price) })
            : t('confirm_decline'),
        confirm: answer === 'ACCEPT' ? t('save_accept') : t('save'),
        reason: 'none',
        danger: answer === 'DECLINE',
        run: send,
      })
    } else void send()
  }
  return (
    <Stack>
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <Card withBorder padding="sm">
          <Title order={2} size="h5" mb="xs">
            {t('script')}
          </Title>
          <List size="sm" type="ordered" spacing={4}>
            <List.Item>{t('script_1', { car: summary?.car })}</List.Item>
            <List.Item>
              {t('script_2', {
                price: formatMoney(offer.price),
                until: formatTime(offer.validUntil, summary?.timeZone),
              })}
            </List.Item>
            <List.Item>{t('script_3')}</List.Item>
            <List.Item>{t('script_4')}</List.Item>
          </List>
        </Card>
        <Stack>
          <OfferCard buyout={buyout} />
          <Resend id={summary?.id ?? ''} />
        </Stack>
      </SimpleGrid>
      <Card withBorder padding="sm">
        <form
          onSubmit={(event) => {
            event.preventDefault()
            submit()
          }}
        >
          <Stack gap="sm">
            <Radio.Group
              label={t('answer')}
              value={answer ?? ''}
              onChange={(next) => setDraft((old) => ({ ...old, answer: next as Answer }))}
              error={fieldError(decision.errors, 'answer')}
            >
              <Group mt="xs">
                {ANSWERS.map((each) => (
                  <Radio key={each} value={each} label={t(each)} disabled={decision.refusal !== ''} />
                ))}
              </Group>
            </Radio.Group>
            {answer === 'COUNTER' && (
              <MoneyInput
                label={t('amount')}
                required
                maw={280}
                value={draft.amount}
                onChange={(amount) => setDraft((old) => ({ ...old, amount }))}
                error={fieldError(decision.errors, 'amount')}
              />
            )}
            {answer === 'DECLINE' && (
              <Textarea
                label={t('reason')}
                description={t('reason_hint')}
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
            <FormErrors errors={otherErrors(decision.errors, ['answer', 'amount', 'reason'])} />
            <Group justify="flex-end">
              <Button type="submit" loading={decision.busy} disabled={!answer || decision.refusal !== ''}>
                {t('save')}
              </Button>
            </Group>
          </Stack>
        </form>
      </Card>
    </Stack>
  )
}

function Resend({ id }: { id: string }) {
  const t = texts.use()
  const me = useMe()
  const [busy, setBusy] = useState(false)
  if (!me.may('kite.buyout.v1.BuyoutService/ResendOffer')) return null
  const send = async () => {
    setBusy(true)
    try {
      const answer = await buyouts.resendOffer({ id, requestId: crypto.randomUUID() })
      done(answer.message || t('resent'))
      readAgain()
    } catch (error) {
      failed(error)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Button variant="default" loading={busy} onClick={() => void send()}>
      {t('resend')}
    </Button>
  )
}
