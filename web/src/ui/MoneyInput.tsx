import { TextInput, type TextInputProps } from '@mantine/core'
import { useState } from 'react'

import { formatMoney, parseMoney } from './money'
import { ui } from './texts'

/** An amount in roubles; `undefined` while the field is empty or holds no amount. */
export function MoneyInput({
  value,
  onChange,
  error,
  ...rest
}: Omit<TextInputProps, 'value' | 'onChange'> & {
  value: bigint | undefined
  onChange: (kopecks: bigint | undefined) => void
}) {
  const t = ui.use()
  const [text, setText] = useState<string>()
  const shown = text ?? (value === undefined ? '' : formatMoney(value).replace(/\s?₽$/, ''))
  const wrong = text !== undefined && text.trim() !== '' && parseMoney(text) === undefined
  return (
    <TextInput
      inputMode="decimal"
      rightSection="₽"
      {...rest}
      value={shown}
      error={wrong ? t('money_wrong') : error}
      onChange={(event) => {
        setText(event.currentTarget.value)
        onChange(parseMoney(event.currentTarget.value))
      }}
      onBlur={(event) => {
        if (!wrong) setText(undefined)
        rest.onBlur?.(event)
      }}
    />
  )
}
