import { describe, expect, it } from 'vitest'

import { frameOf } from './frame'

describe('the frame of a portal', () => {
  it('is read off the name of the window', () => {
    expect(frameOf('demo.bitrix24.ru|1|abc123')).toEqual({
      origin: 'https://demo.bitrix24.ru',
      sid: 'abc123',
    })
    expect(frameOf('localhost:9001|0|x')).toEqual({ origin: 'http://localhost:9001', sid: 'x' })
  })

  it('is none elsewhere', () => {
    for (const name of ['', 'popup', 'evil.com/?|1|x', '|1|x', 'a|1'])
      expect(frameOf(name), name).toBeUndefined()
  })
})
