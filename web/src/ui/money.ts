// Money is integer kopecks (bigint); it never passes through a floating-point number.

import type { Money } from '@/gen/kite/common/v1/common_pb'

const whole = new Intl.NumberFormat('ru-RU', { maximumFractionDigits: 0 })

/** "1 529 000 ₽"; kopecks are shown when there are any. */
export function formatMoney(money: Money | bigint | undefined): string {
  if (money === undefined) return '—'
  const kopecks = typeof money === 'bigint' ? money : money.kopecks
  const sign = kopecks < 0n ? '−' : ''
  const amount = kopecks < 0n ? -kopecks : kopecks
  const rest = amount % 100n
  const roubles = whole.format(amount / 100n)
  return `${sign}${roubles}${rest === 0n ? '' : `,${rest.toString().padStart(2, '0')}`} ₽`
}

/** Reads what a person types: "1 529 000", "1529000,50 ₽"; undefined when it is no amount. */
export function parseMoney(text: string): bigint | undefined {
  const clean = text.replace(/[\s\u00a0\u202f₽]/g, '').replace('.', ',')
  const match = /^(\d{1,13})(?:,(\d{1,2}))?$/.exec(clean)
  if (!match) return undefined
  return BigInt(match[1] ?? '0') * 100n + BigInt((match[2] ?? '').padEnd(2, '0') || '0')
}

/** Basis points as percent: 1250 is "12,5 %". */
export function formatBasisPoints(points: number): string {
  const share = Math.abs(points / 100).toLocaleString('ru-RU', { maximumFractionDigits: 2 })
  return `${points < 0 ? '−' : ''}${share} %`
}
