import { Badge, Card, Group, List, SimpleGrid, Stack, Text, Title } from '@mantine/core'

import type { Buyout } from '@/gen/kite/buyout/v1/buyout_pb'
import { useMe } from '@/session/use'
import { useCodes, word } from '@/ui/codes'
import { EmptyState } from '@/ui/EmptyState'
import { Facts } from '@/ui/Facts'
import { formatMoney } from '@/ui/money'
import { formatTime } from '@/ui/time'
import { buyout as texts } from './texts'

/** What the car is worth, what was offered, what the client said. */
export function PriceTab({ buyout }: { buyout: Buyout }) {
  const t = texts.use()
  useCodes()
  const me = useMe()
  if (!me.may('price.see')) return <EmptyState kind="forbidden" text={t('price_hidden')} />
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }}>
      <AppraisalCard buyout={buyout} />
      <OfferCard buyout={buyout} />
    </SimpleGrid>
  )
}

export function AppraisalCard({ buyout }: { buyout: Buyout }) {
  const t = texts.use()
  const set = buyout.appraisal
  const zone = buyout.summary?.timeZone
  const approval = buyout.priceApproval
  return (
    <Card withBorder padding="sm">
      <Stack gap="xs">
        <Group justify="space-between">
          <Title order={2} size="h5">
            {t('appraisal')}
          </Title>
          {set && <Badge>{`${t('category')} ${set.category}`}</Badge>}
        </Group>
        {!set && <Text size="sm">{t('appraisal_none')}</Text>}
        {set && (
          <Facts
            rows={[
              [t('buyout_price'), formatMoney(set.appraisal?.buyoutPrice)],
              [t('stop_price'), formatMoney(set.appraisal?.stopPrice)],
              [t('forecast'), formatMoney(set.appraisal?.forecastPrice)],
              [t('channel'), set.appraisal && word('channel', set.appraisal.channel)],
              [t('category'), set.categoryRule],
              [t('appraiser'), `${set.appraiser?.name ?? ''}, ${formatTime(set.at, zone)}`],
              [t('approved_by'), set.approvedBy?.name],
              ['', set.appraisal?.comment],
            ]}
          />
        )}
        {approval && !approval.approved && (
          <Text size="sm">{t('not_approved', { comment: approval.comment })}</Text>
        )}
        {(approval?.reasons.length ?? 0) > 0 && (
          <>
            <Text size="sm" fw={600}>
              {t('approval_reasons')}
            </Text>
            <List size="sm">
              {approval?.reasons.map((reason) => (
                <List.Item key={reason}>{reason}</List.Item>
              ))}
            </List>
          </>
        )}
      </Stack>
    </Card>
  )
}

/** The offer that stands and every answer to it and its forerunners. */
export function OfferCard({ buyout }: { buyout: Buyout }) {
  const t = texts.use()
  useCodes()
  const { offer } = buyout
  const zone = buyout.summary?.timeZone
  return (
    <Card withBorder padding="sm">
      <Stack gap="xs">
        <Group justify="space-between">
          <Title order={2} size="h5">
            {t('offer')}
          </Title>
          {offer && <Badge variant="light">{t('round', { n: offer.round })}</Badge>}
        </Group>
        {!offer && <Text size="sm">{t('offer_none')}</Text>}
        {offer && (
          <Facts
            rows={[
              [t('price'), formatMoney(offer.price)],
              [t('valid_until'), formatTime(offer.validUntil, zone)],
              [t('sent_by'), offer.sentBy.map((channel) => word('message_channel', channel)).join(', ')],
              [t('opened'), offer.openedAt ? formatTime(offer.openedAt, zone) : t('not_opened')],
            ]}
          />
        )}
        {buyout.answers.length > 0 && (
          <>
            <Text size="sm" fw={600}>
              {t('answers')}
            </Text>
            {buyout.answers.map((answer, index) => (
              <Text size="sm" key={index} className="kite-words">
                {t('round', { n: answer.round })}:{' '}
                {t('answer_line', {
                  answer: word('answer', answer.answer),
                  source: word('answer_source', answer.source),
                })}
                {answer.amount && ` ${formatMoney(answer.amount)}`}
                {answer.reason && ` — ${answer.reason}`}
                <Text span size="xs" c="dimmed">
                  {` ${formatTime(answer.at, zone)}${answer.by ? `, ${answer.by.name}` : ''}`}
                </Text>
              </Text>
            ))}
          </>
        )}
      </Stack>
    </Card>
  )
}
