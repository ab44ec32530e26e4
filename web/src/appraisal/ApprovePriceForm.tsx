import { Button, Card, Grid, Group, Stack, Tabs, Text, Textarea, Title } from '@mantine/core'
import { useState, type ReactNode } from 'react'

import { useDraft } from '@/app/useDraft'
import { Chat } from '@/chat/Chat'
import { Checks } from '@/check/Checks'
import { Market } from '@/check/Market'
import { InspectionView } from '@/inspection/InspectionView'
import type { FormProps } from '@/task/form'
import { confirmReason } from '@/ui/confirmReason'
import { fieldError, otherErrors } from '@/ui/fieldError'
import { FormErrors } from '@/ui/FormErrors'
import { formatMoney } from '@/ui/money'
import { useSearchTab } from '@/ui/useSearchTab'
import { AppraisalView } from './AppraisalView'
import { appraisal as texts } from './texts'

const TABS = ['market', 'checks', 'inspection', 'chat'] as const

/** The second word on a price: the whole appraisal, why it needs one, and what it rests on. */
export default function ApprovePriceForm({ task, buyout, decision }: FormProps) {
  const t = texts.use()
  const [comment, setComment, clear] = useDraft(`approve:${task.id}`, '')
  const [refused, setRefused] = useState(false)
  const [tab, setTab] = useSearchTab('tab', TABS, 'market')
  const locked = decision.refusal !== ''
  const set = buyout.appraisal?.appraisal
  const send = async (approved: boolean) => {
    if (await decision.decide({ case: 'approvePrice', value: { approved, comment: comment.trim() } })) clear()
  }
  const ask = (approved: boolean) => {
    setRefused(!approved)
    if (!approved && comment.trim() === '') return
    confirmReason({
      title: t(approved ? 'approve_confirm' : 'refuse_confirm'),
      text: t('approve_text', {
        price: formatMoney(set?.buyoutPrice),
        stop: formatMoney(set?.stopPrice),
      }),
      confirm: t(approved ? 'approve' : 'refuse'),
      danger: !approved,
      reason: 'none',
      run: () => send(approved),
    })
  }
  const bodies: Record<(typeof TABS)[number], () => ReactNode> = {
    market: () => <Market buyout={buyout} />,
    checks: () => <Checks buyout={buyout} />,
    inspection: () => <InspectionView buyout={buyout} />,
    chat: () => <Chat buyout={buyout} />,
  }
  return (
    <Grid>
      <Grid.Col span={{ base: 12, md: 6 }}>
        <Stack>
          <AppraisalView buyout={buyout} />
          <Card withBorder padding="sm">
            <Stack gap="sm">
              <Title order={2} size="h5">
                {t('second_word')}
              </Title>
              <Textarea
                label={t('comment')}
                description={t('refuse_needs')}
                autosize
                minRows={2}
                maxRows={10}
                maxLength={4000}
                disabled={locked}
                value={comment}
                onChange={(event) => setComment(event.currentTarget.value)}
                error={
                  fieldError(decision.errors, 'comment') ??
                  (refused && comment.trim() === '' ? t('reason_needed') : undefined)
                }
              />
              <FormErrors errors={otherErrors(decision.errors, ['comment'])} />
              {locked && <Text size="sm">{t('read_only', { refusal: decision.refusal })}</Text>}
              <Group justify="flex-end">
                <Button
                  variant="outline"
                  color="red"
                  disabled={locked}
                  loading={decision.busy}
                  onClick={() => ask(false)}
                >
                  {t('refuse')}
                </Button>
                <Button disabled={locked} loading={decision.busy} onClick={() => ask(true)}>
                  {t('approve')}
                </Button>
              </Group>
            </Stack>
          </Card>
        </Stack>
      </Grid.Col>
      <Grid.Col span={{ base: 12, md: 6 }}>
        <Tabs value={tab} onChange={setTab} keepMounted={false}>
          <Tabs.List className="kite-scroll">
            {TABS.map((each) => (
              <Tabs.Tab key={each} value={each}>
                {t(`tab_${each}`)}
              </Tabs.Tab>
            ))}
          </Tabs.List>
          {TABS.map((each) => (
            <Tabs.Panel key={each} value={each} pt="sm">
              {each === tab && bodies[each]()}
            </Tabs.Panel>
          ))}
        </Tabs>
      </Grid.Col>
    </Grid>
  )
}
