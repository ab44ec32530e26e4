import { useEffect, useSyncExternalStore } from 'react'

import { Live, type Status } from '@/api/live'
import { changed, readAgain } from '@/api/queries'
import { transport } from '@/api/channel'

let status: Status = 'connecting'
const readers = new Set<() => void>()

function become(next: Status): void {
  if (status === next) return
  status = next
  for (const reader of readers) reader()
}

export function useLiveStatus(): Status {
  return useSyncExternalStore(
    (reader) => {
      readers.add(reader)
      return () => readers.delete(reader)
    },
    () => status,
  )
}

/** A tab that nobody has looked at for this long does not listen. */
const HIDDEN_MS = 5 * 60_000

/** The one stream of this tab, as long as somebody is signed in. */
export function useLive(person: string): void {
  useEffect(() => {
    if (person === '') return
    let live: Live | undefined
    let timer: ReturnType<typeof setTimeout> | undefined
    const open = () => {
      if (live) return
      live = new Live(transport, { onChange: changed, onReset: readAgain, onStatus: become })
      void live.run()
    }
    const close = () => {
      live?.close()
      live = undefined
    }
    const seen = () => {
      clearTimeout(timer)
      if (document.hidden) timer = setTimeout(close, HIDDEN_MS)
      else if (!live) {
        open()
        readAgain()
      }
    }
    const lost = () => live?.lost()
    const found = () => live?.found()
    open()
    document.addEventListener('visibilitychange', seen)
    window.addEventListener('offline', lost)
    window.addEventListener('online', found)
    return () => {
      clearTimeout(timer)
      window.removeEventListener('offline', lost)
      window.removeEventListener('online', found)
      document.removeEventListener('visibilitychange', seen)
      close()
    }
  }, [person])
}
