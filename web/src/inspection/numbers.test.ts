import { describe, expect, it } from 'vitest'

import { compare } from './numbers'

const show = (pieces: { text: string; differs: boolean }[]) =>
  pieces.map(({ text, differs }) => (differs ? `[${text}]` : text)).join('')

describe('two numbers of a car', () => {
  it('are the same however they are written', () => {
    // Cyrillic look-alikes, spaces, lower case, O for 0.
    const { same, found, places } = compare(
      'XTA210990Y2766389',
      'хта 210990 у2766389'.replace('210990', '21O990'),
    )
    expect(same).toBe(true)
    expect(places).toEqual([])
    expect(show(found)).not.toContain('[')
  })

  it('differ in the characters that differ', () => {
    const { same, expected, found, places } = compare('XTA210990Y2766389', 'XTA210990Y2766889')
    expect(same).toBe(false)
    expect(show(expected)).toBe('XTA210990Y2766[3]89')
    expect(show(found)).toBe('XTA210990Y2766[8]89')
    expect(places).toEqual([15])
  })

  it('mark one lost character, not all that follow it', () => {
    const { found, places } = compare('XTA210990Y2766389', 'XTA21990Y2766389')
    expect(show(found)).toBe('XTA21[·]990Y2766389')
    expect(places).toEqual([6])
  })

  it('mark a character too many', () => {
    const { expected, found } = compare('XTA210990Y2766389', 'XTA2109990Y2766389')
    expect(show(found).match(/\[9\]/g)).toHaveLength(1)
    expect(show(expected)).toContain('[·]')
  })

  it('have letters of their own in a frame number', () => {
    expect(compare('JZX100-0016590', 'JZX100-OO16590').same).toBe(false)
    expect(compare('JZX100-0016590', 'jzx100–0016590').same).toBe(true)
  })

  it('survive nothing and strange characters', () => {
    expect(compare('XTA210990Y2766389', '').same).toBe(false)
    expect(show(compare('ABC', '<b>🚗').found)).toContain('🚗')
  })
})
