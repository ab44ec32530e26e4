import { describe, expect, it } from 'vitest'

import { accountFits, bankChoices, bankIdOf, bankText, NO_REQUISITES, requisitesMessage } from './requisites'

describe('requisites', () => {
  it('leave out a way that was not filled in', () => {
    const message = requisitesMessage({
      ...NO_REQUISITES,
      recipientName: ' Иванов Иван ',
      phone: '+7 921 000-00-00',
    })
    expect(message.recipientName).toBe('Иванов Иван')
    expect(message.sbp).toEqual({ phone: '+7 921 000-00-00', bankId: '' })
    expect(message.account).toBeUndefined()
  })

  it('say 0 for a person without a tax number', () => {
    const message = requisitesMessage({ ...NO_REQUISITES, account: '40817810099910004312', bic: '044525225' })
    expect(message.account?.inn).toBe('0')
    expect(message.sbp).toBeUndefined()
  })

  it('know the control key of an account', () => {
    const account = Array.from({ length: 10 }, (_, key) => `40817810${key}00000000001`).filter((each) =>
      accountFits(each, '044525225'),
    )
    expect(account).toHaveLength(1)
    expect(accountFits('4081781000000000000', '044525225')).toBe(false)
  })

  it('name the bank where it is known and keep a typed number where it is not', () => {
    const choices = bankChoices([
      { id: '1', name: 'Сбербанк' },
      { id: '2', name: 'Союз' },
      { id: '3', name: 'Союз' },
    ])
    expect(choices.map(({ label }) => label)).toEqual(['Сбербанк', 'Союз (2)', 'Союз (3)'])
    expect(bankIdOf(choices, 'Сбербанк ')).toBe('1')
    expect(bankIdOf(choices, 'Союз (3)')).toBe('3')
    expect(bankIdOf(choices, ' 100000000999 ')).toBe('100000000999')
    expect([bankText(choices, '1'), bankText(choices, '100000000999')]).toEqual(['Сбербанк', '100000000999'])
    expect(bankText(bankChoices([]), '1')).toBe('1')
  })
})
