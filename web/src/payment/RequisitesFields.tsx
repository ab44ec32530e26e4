import { Autocomplete, SimpleGrid, Stack, Text, TextInput, Title } from '@mantine/core'
import { useEffect } from 'react'

import type { Buyout } from '@/gen/kite/buyout/v1/buyout_pb'
import { fieldError } from '@/ui/fieldError'
import { formatMoney } from '@/ui/money'
import { formatDay } from '@/ui/time'
import { accountFits, bankIdOf, bankText, type RequisitesDraft } from './requisites'
import { payment as texts } from './texts'
import { useBanks } from './useBanks'

/** Fields of both ways to pay; the amount decides which one must be filled. */
export function RequisitesFields({
  value,
  onChange,
  errors,
  disabled,
  buyout,
}: {
  value: RequisitesDraft
  onChange: (change: Partial<RequisitesDraft>) => void
  errors: Record<string, string>
  disabled: boolean
  buyout: Buyout
}) {
  const t = texts.use()
  const field = (name: keyof RequisitesDraft, label: string, path: string, mode?: 'numeric' | 'tel') => (
    <TextInput
      label={label}
      value={value[name]}
      disabled={disabled}
      inputMode={mode}
      autoComplete="off"
      onChange={(event) => onChange({ [name]: event.currentTarget.value })}
      error={fieldError(errors, path)}
    />
  )
  const { choices, list } = useBanks()
  // A name that was typed before the list was here.
  const named = bankIdOf(choices, value.bankId)
  useEffect(() => {
    if (named !== value.bankId) onChange({ bankId: named })
  }, [named, value.bankId, onChange])
  const filled = value.account.length === 20 && value.bic.length === 9
  return (
    <Stack gap="sm">
      {field('recipientName', t('recipient'), 'requisites.recipient_name')}
      <Title order={3} size="h6">
        {t('sbp', { max: formatMoney(buyout.limits?.sbpMax) })}
      </Title>
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        {field('phone', t('phone'), 'requisites.sbp.phone', 'tel')}
        <Autocomplete
          label={t('bank')}
          description={
            list === undefined || !list.stale
              ? t('bank_free')
              : list.readAt
                ? t('bank_stale', { day: formatDay(list.readAt) })
                : t('bank_none')
          }
          disabled={disabled}
          limit={50}
          data={choices.map((each) => each.label)}
          value={bankText(choices, value.bankId)}
          onChange={(text) => onChange({ bankId: bankIdOf(choices, text) })}
          error={fieldError(errors, 'requisites.sbp.bank_id') ?? fieldError(errors, 'requisites.sbp')}
        />
      </SimpleGrid>
      <Title order={3} size="h6">
        {t('account_title')}
      </Title>
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        {field('account', t('account'), 'requisites.account.account', 'numeric')}
        {field('bic', t('bic'), 'requisites.account.bic', 'numeric')}
        {field(
          'correspondentAccount',
          t('correspondent_account'),
          'requisites.account.correspondent_account',
          'numeric',
        )}
        {field('bankName', t('bank_name'), 'requisites.account.bank_name')}
        {field('inn', t('inn'), 'requisites.account.inn', 'numeric')}
      </SimpleGrid>
      {filled && !accountFits(value.account, value.bic) && (
        <Text size="sm" c="var(--kite-soon)" role="status">
          {t('account_key')}
        </Text>
      )}
    </Stack>
  )
}
