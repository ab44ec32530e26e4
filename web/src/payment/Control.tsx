import { Card, List, Stack, ThemeIcon, Title } from '@mantine/core'

import type { Buyout } from '@/gen/kite/buyout/v1/buyout_pb'
import { useCodes, word } from '@/ui/codes'
import { Facts } from '@/ui/Facts'
import { formatMoney } from '@/ui/money'
import { bankText } from './requisites'
import { payment as texts } from './texts'
import { useBanks } from './useBanks'

/** Same person's name, whatever the case, spacing and ё/е: as the server compares. */
export function sameName(a: string, b: string): boolean {
  const fold = (name: string) => name.trim().toLowerCase().replaceAll('ё', 'е').split(/\s+/).join(' ')
  return fold(a) === fold(b)
}

/** What has to be compared before money moves or is confirmed: recipient, amount, limits, checks, duplicates. */
export function Control({ buyout }: { buyout: Buyout }) {
  const t = texts.use()
  useCodes()
  const { choices } = useBanks()
  const requisites = buyout.papers?.requisites
  const seller = buyout.papers?.fields?.sellerFullName ?? ''
  const price = buyout.summary?.price
  const max = buyout.limits?.sbpMax
  const stale = buyout.checks.filter((check) => check.stale)
  const matches = requisites !== undefined && sameName(requisites.recipientName, seller)
  const within = price !== undefined && max !== undefined && price.kopecks <= max.kopecks
  const lines: [boolean, string][] = [
    [matches, t(matches ? 'recipient_is_seller' : 'recipient_differs')],
    [true, t(within ? 'within_limit' : 'over_limit', { max: formatMoney(max) })],
    [
      stale.length === 0,
      stale.length === 0
        ? t('checks_fresh')
        : t('checks_stale', { kinds: stale.map((check) => word('check', check.kind)).join(', ') }),
    ],
  ]
  if (buyout.duplicates.length === 0) lines.push([true, t('no_duplicates')])
  const { sbp, account } = requisites ?? {}
  return (
    <Card withBorder padding="sm">
      <Stack gap="sm">
        <Title order={2} size="h5">
          {t('control')}
        </Title>
        <List size="sm" spacing={4} center>
          {lines.map(([good, text]) => (
            <List.Item
              key={text}
              icon={
                <ThemeIcon size={18} radius="xl" color={good ? 'green' : 'red'} aria-hidden>
                  {good ? '✓' : '!'}
                </ThemeIcon>
              }
            >
              {text}
            </List.Item>
          ))}
        </List>
        <Title order={3} size="h6">
          {t('requisites')}
        </Title>
        <Facts
          rows={[
            [t('agreed'), <b key="price">{formatMoney(price)}</b>],
            [t('recipient'), requisites?.recipientName],
            [t('seller'), seller],
            [t('phone'), sbp?.phone],
            [t('bank_of'), sbp && bankText(choices, sbp.bankId)],
            [t('account'), account && <span className="kite-mono">{account.account}</span>],
            [t('bic'), account && <span className="kite-mono">{account.bic}</span>],
            [t('bank_name'), account?.bankName],
          ]}
        />
      </Stack>
    </Card>
  )
}
