// Times are UTC on the wire and shown in the zone of the site; a zone that differs from the browser's is named.

import { timestampDate, type Timestamp } from '@bufbuild/protobuf/wkt'

import { language } from '@/app/texts'

const here = Intl.DateTimeFormat().resolvedOptions().timeZone
const locale = () => (language() === 'en' ? 'en-GB' : 'ru-RU')

const made = new Map<string, Intl.DateTimeFormat>()

/** Formatters are dear to make and lists need hundreds: each is made once. */
function formatter(
  options: Intl.DateTimeFormatOptions,
  zone?: string,
  tongue = locale(),
): Intl.DateTimeFormat {
  const key = JSON.stringify([tongue, zone, options])
  let found = made.get(key)
  if (!found) {
    try {
      found = new Intl.DateTimeFormat(tongue, { ...options, timeZone: zone || undefined })
    } catch {
      // An unknown zone must not take the page down.
      found = new Intl.DateTimeFormat(tongue, options)
    }
    made.set(key, found)
  }
  return found
}

/** Offset of a zone at a moment, in minutes. */
function offset(zone: string | undefined, at: Date): number {
  try {
    const parts = formatter(
      {
        hourCycle: 'h23',
        year: 'numeric',
        month: 'numeric',
        day: 'numeric',
        hour: 'numeric',
        minute: 'numeric',
      },
      zone || here,
      'en-US',
    ).formatToParts(at)
    const value = (type: string) => Number(parts.find((part) => part.type === type)?.value ?? 0)
    const wall = Date.UTC(value('year'), value('month') - 1, value('day'), value('hour'), value('minute'))
    return Math.round((wall - at.getTime()) / 60_000)
  } catch {
    return 0
  }
}

/** "24 нояб., 18:05"; the year when it is another one; the zone when it is not the reader's. */
export function formatTime(at: Timestamp | Date | undefined, zone?: string): string {
  if (!at) return '—'
  const date = at instanceof Date ? at : timestampDate(at)
  const sameYear = date.getFullYear() === new Date().getFullYear()
  const text = formatter(
    {
      day: 'numeric',
      month: 'short',
      year: sameYear ? undefined : 'numeric',
      hour: '2-digit',
      minute: '2-digit',
    },
    zone,
  ).format(date)
  const foreign = zone !== undefined && zone !== '' && offset(zone, date) !== offset(undefined, date)
  return foreign ? `${text} (${zoneName(zone, date)})` : text
}

/** "GMT+3" of a zone. */
function zoneName(zone: string, at: Date): string {
  const part = formatter({ timeZoneName: 'short' }, zone)
    .formatToParts(at)
    .find((found) => found.type === 'timeZoneName')
  return part?.value ?? zone
}

export function formatDay(at: Timestamp | Date | undefined, zone?: string): string {
  if (!at) return '—'
  const date = at instanceof Date ? at : timestampDate(at)
  return formatter({ day: 'numeric', month: 'short', year: 'numeric' }, zone).format(date)
}

const spoken = new Map<string, Intl.RelativeTimeFormat>()

function relatives(tongue: string): Intl.RelativeTimeFormat {
  const found = spoken.get(tongue) ?? new Intl.RelativeTimeFormat(tongue, { numeric: 'auto', style: 'short' })
  spoken.set(tongue, found)
  return found
}

/** "через 2 ч", "5 мин. назад": rounded to the largest unit. */
export function fromNow(at: Timestamp | Date, now = Date.now()): string {
  const date = at instanceof Date ? at : timestampDate(at)
  const seconds = Math.round((date.getTime() - now) / 1000)
  const relative = relatives(locale())
  const size = Math.abs(seconds)
  if (size < 60) return relative.format(Math.trunc(seconds), 'second')
  if (size < 3600) return relative.format(Math.trunc(seconds / 60), 'minute')
  if (size < 2 * 86_400) return relative.format(Math.trunc(seconds / 3600), 'hour')
  return relative.format(Math.trunc(seconds / 86_400), 'day')
}

/** A duration in words: "2 ч 15 мин". */
export function formatDuration(seconds: bigint | number): string {
  const total = Number(seconds)
  const [days, hours, minutes] = [
    Math.floor(total / 86_400),
    Math.floor((total % 86_400) / 3600),
    Math.floor((total % 3600) / 60),
  ]
  const english = language() === 'en'
  const [d, h, m, s] = english ? ['d', 'h', 'min', 's'] : ['дн', 'ч', 'мин', 'с']
  if (days > 0) return hours > 0 ? `${days} ${d} ${hours} ${h}` : `${days} ${d}`
  if (hours > 0) return minutes > 0 ? `${hours} ${h} ${minutes} ${m}` : `${hours} ${h}`
  if (minutes > 0) return `${minutes} ${m}`
  return `${total} ${s}`
}
