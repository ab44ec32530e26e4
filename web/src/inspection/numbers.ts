// Numbers of a car side by side: which characters differ. Written as the server compares them: spaces
// do not count, nor do dashes in a VIN; Cyrillic letters that look like Latin ones are those.

import { canonicalVin, latin } from './vin'

const VIN_LENGTH = 17
const DASH = /[-\u2010-\u2015\u2212]/u

/** What a character stands for; empty when it only separates. A frame number has hyphens of its own. */
function meaning(text: string, vin: boolean): string {
  return vin ? canonicalVin(text) : latin(text.replace(DASH, '-'))
}

export interface Piece {
  text: string
  differs: boolean
}

export interface Difference {
  same: boolean
  expected: Piece[]
  found: Piece[]
  /** Places in the expected number, counted from one, whose character differs or is missing. */
  places: number[]
}

interface Sign {
  text: string
  means: string
}

const GAP = '·'

/** Aligns two numbers by the fewest changes, so that one lost character does not mark all after it. */
export function compare(expected: string, found: string): Difference {
  const vin = !DASH.test(expected) && [...expected].filter((each) => /\S/u.test(each)).length === VIN_LENGTH
  const signs = (text: string): Sign[] => [...text].map((each) => ({ text: each, means: meaning(each, vin) }))
  const left = signs(expected)
  const right = signs(found)
  const a = left.filter((sign) => sign.means !== '')
  const b = right.filter((sign) => sign.means !== '')
  const cost = table(a, b)
  const marked = { a: new Set<Sign>(), b: new Set<Sign>() }
  /** Signs of the one that have no partner in the other stand before this sign. */
  const gaps = { a: new Map<Sign | undefined, number>(), b: new Map<Sign | undefined, number>() }
  const places: number[] = []
  let i = a.length
  let j = b.length
  while (i > 0 || j > 0) {
    const here = cost[i]![j]!
    const equal = i > 0 && j > 0 && a[i - 1]!.means === b[j - 1]!.means
    if (i > 0 && j > 0 && here === cost[i - 1]![j - 1]! + (equal ? 0 : 1)) {
      if (!equal) {
        marked.a.add(a[i - 1]!)
        marked.b.add(b[j - 1]!)
        places.unshift(i)
      }
      i -= 1
      j -= 1
    } else if (i > 0 && here === cost[i - 1]![j]! + 1) {
      marked.a.add(a[i - 1]!)
      places.unshift(i)
      gaps.b.set(b[j], (gaps.b.get(b[j]) ?? 0) + 1)
      i -= 1
    } else {
      marked.b.add(b[j - 1]!)
      gaps.a.set(a[i], (gaps.a.get(a[i]) ?? 0) + 1)
      j -= 1
    }
  }
  return {
    same: cost[a.length]![b.length]! === 0,
    expected: pieces(left, marked.a, gaps.a),
    found: pieces(right, marked.b, gaps.b),
    places,
  }
}

/** Fewest changes between every two beginnings. */
function table(a: Sign[], b: Sign[]): number[][] {
  const cost = [Array.from({ length: b.length + 1 }, (_, j) => j)]
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const change = a[i - 1]!.means === b[j - 1]!.means ? 0 : 1
      row.push(Math.min(cost[i - 1]![j - 1]! + change, cost[i - 1]![j]! + 1, row[j - 1]! + 1))
    }
    cost.push(row)
  }
  return cost
}

function pieces(signs: Sign[], marked: Set<Sign>, gaps: Map<Sign | undefined, number>): Piece[] {
  const found: Piece[] = []
  const add = (text: string, differs: boolean) => {
    const last = found.at(-1)
    if (last && last.differs === differs) last.text += text
    else found.push({ text, differs })
  }
  const gap = (before: Sign | undefined) => {
    const count = gaps.get(before) ?? 0
    if (count > 0) add(GAP.repeat(count), true)
  }
  for (const sign of signs) {
    if (sign.means !== '') gap(sign)
    add(sign.text, marked.has(sign))
  }
  gap(undefined)
  return found
}
