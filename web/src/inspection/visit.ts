// Time and place of a visit: wall time at the site, links to the road and the phone.

/** Wall time of a moment in a zone, in minutes since the epoch of that wall clock. */
function wall(at: number, zone: string): number {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone: zone || undefined,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  }).formatToParts(at)
  const value = (type: string) => Number(parts.find((part) => part.type === type)?.value ?? 0)
  return Date.UTC(value('year'), value('month') - 1, value('day'), value('hour'), value('minute'))
}

/** "2026-11-24T18:30" at the site: what a field of date and time holds. */
export function toField(at: Date | undefined, zone: string): string {
  return at ? new Date(wall(at.getTime(), zone)).toISOString().slice(0, 16) : ''
}

/** The moment that a field of date and time names at the site. */
export function fromField(text: string, zone: string): Date | undefined {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/.test(text)) return undefined
  const named = Date.parse(`${text.slice(0, 16)}Z`)
  if (Number.isNaN(named)) return undefined
  // The offset is the one at that moment; around a change of clocks the second guess settles it.
  let at = named
  for (let guess = 0; guess < 2; guess += 1) at += named - wall(at, zone)
  return new Date(at)
}

/** Any map application of the phone. */
export function geoLink(city: string, address: string): string {
  return `geo:0,0?q=${encodeURIComponent(place(city, address))}`
}

/** The way from here on Yandex maps; opens the application where it is installed. */
export function routeLink(city: string, address: string): string {
  return `https://yandex.ru/maps/?rtext=~${encodeURIComponent(place(city, address))}&rtt=auto`
}

export function place(city: string, address: string): string {
  return [city, address].filter((part) => part.trim() !== '').join(', ')
}
