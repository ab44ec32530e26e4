import { beforeEach, describe, expect, it } from 'vitest'

import { settings } from '@/app/storage'
import { keepRecent, recent, wanted } from './recent'

describe('what was opened lately', () => {
  beforeEach(() => settings.keys().forEach((key) => settings.remove(key)))

  it('comes latest first, once, and not for ever', () => {
    for (let index = 0; index < 12; index += 1) {
      keepRecent('me', { kind: 'buyout', id: `b${index}`, title: `Car ${index}` })
    }
    keepRecent('me', { kind: 'buyout', id: 'b7', title: 'Car 7' })
    const found = recent('me').map((each) => each.id)
    expect(found).toHaveLength(8)
    expect(found.slice(0, 2)).toEqual(['b7', 'b11'])
    expect(recent('another')).toEqual([])
  })

  it('holds ids and cars only', () => {
    const found = { kind: 'task' as const, id: 't', title: 'Kia Rio', about: 'client +7900' }
    keepRecent('me', found)
    expect(settings.get('recent.me')).not.toContain('7900')
  })

  it('that cannot be read is nothing', () => {
    settings.set('recent.me', '{broken')
    expect(recent('me')).toEqual([])
    settings.set('recent.me', '[{"kind":"page","id":"x","title":"y"}, 5, null]')
    expect(recent('me')).toEqual([])
  })
})

describe('what is looked for', () => {
  it('is a telephone number by its digits', () => {
    expect(wanted('8 (900) 123-45-67')).toBe('79001234567')
    expect(wanted('+7 900 123-45-67')).toBe('79001234567')
  })

  it('is anything else as typed', () => {
    expect(wanted('  А123ВС 77 ')).toBe('А123ВС 77')
    expect(wanted('1042')).toBe('1042')
    expect(wanted('')).toBe('')
  })
})
