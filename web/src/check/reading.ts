import type { Mismatch } from '@/gen/kite/buyout/v1/buyout_pb'
import type { IdentifierReading } from '@/gen/kite/inspection/v1/inspection_pb'
import codes from '@/i18n/ru/codes.json'

/** The server names the place in Russian; its photo is found by that name and by what was read there. */
export function readingOf(mismatch: Mismatch, readings: IdentifierReading[]): IdentifierReading | undefined {
  const titles: Record<string, string> = codes
  const there = readings.filter((each) => titles[`place.${each.place}`] === mismatch.source)
  return there.find((each) => each.value === mismatch.found) ?? there[0]
}
