import { describe, expect, it } from 'vitest'

import { accountFits, NO_REQUISITES, requisitesMessage } from './requisites'

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
})
