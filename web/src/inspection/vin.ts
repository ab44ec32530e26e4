// Hints while an identifier is typed. They warn and never refuse: domain/src/vin.rs has the rules, security
// has the last word.

/** Cyrillic letters that look like Latin ones. */
const LOOK_ALIKES: Record<string, string> = {
  А: 'A',
  В: 'B',
  С: 'C',
  Е: 'E',
  Н: 'H',
  К: 'K',
  М: 'M',
  О: 'O',
  Р: 'P',
  Т: 'T',
  У: 'Y',
  Х: 'X',
}
/** Weight of each position (49 CFR part 565, which ISO 3779 refers makers to); the ninth is the check digit. */
const WEIGHTS = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2]
const DASHES = /[-\u2010-\u2015\u2212]/g

export type Hint =
  | { kind: 'cyrillic'; letters: string }
  | { kind: 'ioq' }
  | { kind: 'character'; character: string; position: number }
  | { kind: 'length'; count: number }
  | { kind: 'check_digit'; has: string; expected: string }
  | { kind: 'check_digit_right' }
  | { kind: 'differs' }
  | { kind: 'frame' }

/** An identifier as it is sent: upper case, Latin, without spaces. Letters of a frame number stay. */
export function latin(text: string): string {
  return [...text.replace(/\s+/g, '').toUpperCase()].map((letter) => LOOK_ALIKES[letter] ?? letter).join('')
}

/** A VIN in its canonical form, whatever its length: no dashes, O, I and Q as 0, 1, 0. */
export function canonicalVin(text: string): string {
  return latin(text).replace(DASHES, '').replace(/[OQ]/g, '0').replace(/I/g, '1')
}

function canonicalFrame(text: string): string {
  return latin(text).replace(DASHES, '')
}

/** What the other sixteen characters add up to. */
export function checkDigit(vin: string): string {
  let sum = 0
  for (let index = 0; index < WEIGHTS.length; index += 1) {
    sum += value(vin.charCodeAt(index)) * (WEIGHTS[index] ?? 0)
  }
  return sum % 11 === 10 ? 'X' : String(sum % 11)
}

/** Digits count as themselves; the letters run 1-9 in three rows, of which the third begins with 2. */
function value(code: number): number {
  if (code <= 57) return code - 48
  if (code <= 73) return code - 64
  if (code <= 82) return code - 73
  return code - 81
}

/** Makers of the United States, Canada, Mexico and China must set the digit; others may leave it be. */
function checkDigitRequired(vin: string): boolean {
  return /^[1-5L]/.test(vin)
}

/** A car made for Japan has a frame number and no VIN. */
export function isFrame(identifier: string): boolean {
  const length = canonicalFrame(identifier).length
  return length >= 9 && length <= 14
}

/**
 * What to look at again in an identifier just typed; `claimed` is the deal's own. Only places that carry
 * a whole VIN are held to its form.
 */
export function hints(text: string, claimed: string, place: string): Hint[] {
  if (text.trim() === '') return []
  const found: Hint[] = []
  const cyrillic = [...text.toUpperCase()].filter((letter) => letter in LOOK_ALIKES)
  if (cyrillic.length > 0) found.push({ kind: 'cyrillic', letters: [...new Set(cyrillic)].join(', ') })
  const byFrame = claimed !== '' && isFrame(claimed)
  const vinPlace = !byFrame && place !== 'FRAME' && place !== 'BODY_NUMBER'
  if (vinPlace) found.push(...vinHints(text))
  else if (!/^[A-Z0-9-]{5,20}$/.test(latin(text).replace(DASHES, '-'))) found.push({ kind: 'frame' })
  const same = byFrame
    ? canonicalFrame(text) === canonicalFrame(claimed)
    : canonicalVin(text) === canonicalVin(claimed)
  const whole = byFrame || canonicalVin(text).length === 17
  if (claimed !== '' && whole && !same) found.push({ kind: 'differs' })
  return found
}

function vinHints(text: string): Hint[] {
  const found: Hint[] = []
  if (/[OIQ]/.test(latin(text))) found.push({ kind: 'ioq' })
  const vin = canonicalVin(text)
  const stranger = [...vin].findIndex((letter) => !/[A-Z0-9]/.test(letter))
  if (stranger >= 0) {
    found.push({ kind: 'character', character: [...vin][stranger] ?? '', position: stranger + 1 })
  } else if (vin.length !== 17) {
    found.push({ kind: 'length', count: vin.length })
  } else {
    const has = vin.charAt(8)
    const expected = checkDigit(vin)
    if (has === expected) found.push({ kind: 'check_digit_right' })
    else if (checkDigitRequired(vin)) found.push({ kind: 'check_digit', has, expected })
  }
  return found
}
