import { create } from '@bufbuild/protobuf'
import { describe, expect, it } from 'vitest'

import { ChatMessageSchema } from '@/gen/kite/buyout/v1/buyout_pb'
import { added, lengthOf, marked, pending, restored } from './outbox'

const said = (number: number, author: string, text: string) =>
  create(ChatMessageSchema, { number, author: { id: author, name: author }, text })

describe('messages on their way', () => {
  const box = added(added([], 'r1', 'да', 3), 'r2', 'да', 3)

  it('are shown until the chat has them, one for one', () => {
    expect(pending(box, [said(3, 'me', 'да')], 'me')).toHaveLength(2)
    expect(pending(box, [said(3, 'me', 'да'), said(4, 'me', 'да')], 'me').map((each) => each.id)).toEqual([
      'r2',
    ])
    expect(pending(box, [said(4, 'other', 'да')], 'me')).toHaveLength(2)
    expect(pending(box, [said(4, 'me', 'да'), said(5, 'me', ' да ')], 'me')).toEqual([])
  })

  it('keep their request id from attempt to attempt', () => {
    const failed = marked(box, 'r1', 'failed', 'Сервер не отвечает.')
    expect(failed[0]).toMatchObject({ id: 'r1', state: 'failed', error: 'Сервер не отвечает.' })
    expect(marked(failed, 'r1', 'sending')[0]).toMatchObject({ id: 'r1', error: '' })
  })

  it('whose page was closed are offered again', () => {
    expect(restored(marked(box, 'r1', 'sent')).map((each) => each.state)).toEqual(['sent', 'failed'])
  })

  it('are measured in characters', () => {
    expect(lengthOf('🚗🚗')).toBe(2)
  })
})
