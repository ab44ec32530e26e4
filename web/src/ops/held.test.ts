import { create } from '@bufbuild/protobuf'
import { describe, expect, it } from 'vitest'

import { BuyoutSummarySchema } from '@/gen/kite/buyout/v1/buyout_pb'
import { heldPartners, waitsFor } from './held'

describe('runs behind a held partner', () => {
  it('are told by what they wait for', () => {
    expect(heldPartners('партнёр остановлен: ФССП')).toBe('ФССП')
    expect(heldPartners('партнёр остановлен: ФССП, ЮKassa')).toBe('ФССП, ЮKassa')
    expect(heldPartners('Осмотреть автомобиль: Игорь Ветров')).toBe('')
    expect(heldPartners('')).toBe('')
  })

  it('are those of that partner alone, whatever commas its title has', () => {
    const run = (id: string, waitingFor: string) => create(BuyoutSummarySchema, { id, waitingFor })
    const runs = [
      run('1', 'партнёр остановлен: ФССП'),
      run('2', 'партнёр остановлен: Сообщения: Wazzup, СМС, почта, ФССП'),
      run('3', 'партнёр остановлен: ФССП-2'),
      run('4', 'ответ источников: ФССП'),
    ]
    const ids = (title: string) => waitsFor(runs, title).map(({ id }) => id)
    expect(ids('ФССП')).toEqual(['1', '2'])
    expect(ids('Сообщения: Wazzup, СМС, почта')).toEqual(['2'])
  })
})
