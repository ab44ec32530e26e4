import { describe, expect, it } from 'vitest'

import { fromField, geoLink, routeLink, toField } from './visit'

describe('the time of a visit', () => {
  it('is the wall clock of the site', () => {
    const at = new Date('2026-11-24T15:30:00Z')
    expect(toField(at, 'Asia/Vladivostok')).toBe('2026-11-25T01:30')
    expect(fromField('2026-11-25T01:30', 'Asia/Vladivostok')).toEqual(at)
    expect(fromField(toField(at, 'Europe/Moscow'), 'Europe/Moscow')).toEqual(at)
    expect(fromField('2026-07-01T09:00', 'Europe/Berlin')).toEqual(new Date('2026-07-01T07:00:00Z'))
    expect(fromField('2026-03-29T03:30', 'Europe/Berlin')).toEqual(new Date('2026-03-29T01:30:00Z'))
  })

  it('may be unknown or half typed', () => {
    expect(toField(undefined, 'Europe/Moscow')).toBe('')
    for (const text of ['', '2026-11-24', 'завтра', '2026-13-45T99:99']) {
      expect(fromField(text, 'Europe/Moscow'), text).toBeUndefined()
    }
  })
})

describe('the way there', () => {
  it('keeps what the address has in it', () => {
    expect(geoLink('Казань', 'ул. Лево-Булачная, 32 "Б" & двор')).toBe(
      `geo:0,0?q=${encodeURIComponent('Казань, ул. Лево-Булачная, 32 "Б" & двор')}`,
    )
    expect(routeLink('', 'Тверская, 1')).toContain(`rtext=~${encodeURIComponent('Тверская, 1')}`)
  })
})
