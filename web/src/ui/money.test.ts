import { describe, expect, it } from 'vitest'

import { formatBasisPoints, formatMoney, parseMoney } from './money'

const plain = (text: string) => text.replace(/[\u00a0\u202f]/g, ' ')

describe('money', () => {
  it('is shown exactly beyond the range of a double', () => {
    expect(plain(formatMoney(900719925474099301n))).toBe('9 007 199 254 740 993,01 ₽')
    expect(plain(formatMoney(152900000n))).toBe('1 529 000 ₽')
    expect(plain(formatMoney(-5n))).toBe('−0,05 ₽')
    expect(formatMoney(undefined)).toBe('—')
  })

  it('is read as people type it', () => {
    expect(parseMoney('1 529 000')).toBe(152900000n)
    expect(parseMoney('1529000,5 ₽')).toBe(152900050n)
    expect(parseMoney('0.07')).toBe(7n)
    for (const wrong of ['', 'abc', '-5', '1,234', '1e5', '12345678901234']) {
      expect(parseMoney(wrong), wrong).toBeUndefined()
    }
  })

  it('shows basis points as percent', () => {
    expect(plain(formatBasisPoints(1250))).toBe('12,5 %')
    expect(plain(formatBasisPoints(-48))).toBe('−0,48 %')
  })
})
