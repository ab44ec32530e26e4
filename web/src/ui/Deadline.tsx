import { timestampMs, type Timestamp } from '@bufbuild/protobuf/wkt'
import { Text } from '@mantine/core'
import { useSyncExternalStore } from 'react'

import { ui } from './texts'
import { formatTime, fromNow } from './time'

let now = Date.now()
const readers = new Set<() => void>()
let clock: ReturnType<typeof setInterval> | undefined

/** One clock for all deadlines of a page, twice a minute. */
function subscribe(reader: () => void): () => void {
  readers.add(reader)
  clock ??= setInterval(() => {
    now = Date.now()
    for (const each of readers) each()
  }, 30_000)
  return () => {
    readers.delete(reader)
    if (readers.size === 0) {
      clearInterval(clock)
      clock = undefined
    }
  }
}

export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now)
}

/** How long there is, or how late it is; the exact time on hover and for screen readers. */
export function Deadline({
  at,
  zone,
  size = 'sm',
}: {
  at: Timestamp | undefined
  zone?: string
  size?: string
}) {
  const t = ui.use()
  const current = useNow()
  if (!at) return null
  const left = timestampMs(at) - current
  const exact = formatTime(at, zone)
  const color = left < 0 ? 'var(--kite-late)' : left < 3_600_000 ? 'var(--kite-soon)' : undefined
  return (
    <Text span size={size} c={color} fw={left < 0 ? 600 : undefined} title={exact}>
      {left < 0 ? t('overdue', { ago: fromNow(at, current) }) : fromNow(at, current)}
    </Text>
  )
}
