import { describe, expect, it } from 'vitest'

import { canonicalVin, checkDigit, hints, latin } from './vin'

const kinds = (text: string, claimed = '', place = 'BODY_VIN') =>
  hints(text, claimed, place).map((hint) => hint.kind)

describe('a VIN while it is typed', () => {
  it('has the published check digits', () => {
    expect(checkDigit('1G4AH59H45G118341')).toBe('4')
    expect(checkDigit('11111111111111111')).toBe('1')
    expect(checkDigit('XTA210990Y2766111')).toBe('X')
    expect(checkDigit('XUUNF487JA0007223')).toBe('0')
  })

  it('is warned of by its check digit where makers must set it, and only there', () => {
    expect(kinds('1G4AH59H45G118341')).toEqual(['check_digit_right'])
    expect(hints('1G4AH59H55G118341', '', 'BODY_VIN')).toEqual([
      { kind: 'check_digit', has: '5', expected: '4' },
    ])
    expect(kinds('XTA210990Y2766111')).toEqual([])
  })

  it('names Russian letters and reads them as Latin', () => {
    expect(hints('ХТА210990У2766111', '', 'BODY_VIN')).toEqual([{ kind: 'cyrillic', letters: 'Х, Т, А, У' }])
    expect(canonicalVin(' хта 210990-У 2766111')).toBe('XTA210990Y2766111')
    expect(canonicalVin('XTA2IO99QY2766111')).toBe('XTA210990Y2766111')
    expect(kinds('XTA2IO99QY2766111')).toEqual(['ioq'])
  })

  it('tells of a wrong length and of letters that cannot be', () => {
    expect(hints('XTA210990Y276611', '', 'BODY_VIN')).toEqual([{ kind: 'length', count: 16 }])
    expect(hints('XTA21Ж990Y2766111', '', 'BODY_VIN')).toEqual([
      { kind: 'character', character: 'Ж', position: 6 },
    ])
    expect(kinds('')).toEqual([])
    expect(kinds('   ')).toEqual([])
  })

  it('that is another car’s is pointed at', () => {
    expect(kinds('XTA210990Y2766112', 'XTA210990Y2766111')).toEqual(['differs'])
    expect(kinds('хта 210990У2766111', 'XTA210990Y2766111')).toEqual(['cyrillic'])
  })
})

describe('a frame number', () => {
  it('is compared without hyphens and not held to the form of a VIN', () => {
    expect(kinds('NZE1213056789', 'NZE121-3056789')).toEqual([])
    expect(kinds('NZE121-3056780', 'NZE121-3056789')).toEqual(['differs'])
    expect(kinds('ЖЖЖ', 'NZE121-3056789')).toContain('frame')
    expect(latin('nze121-305')).toBe('NZE121-305')
  })

  it('of a car with a VIN may be short and is not compared then', () => {
    expect(kinds('2766111', 'XTA210990Y2766111', 'BODY_NUMBER')).toEqual([])
  })
})
