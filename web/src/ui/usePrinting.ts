import { useSyncExternalStore } from 'react'

let printing = false

function subscribe(reader: () => void): () => void {
  const begin = () => {
    printing = true
    reader()
  }
  const end = () => {
    printing = false
    reader()
  }
  window.addEventListener('beforeprint', begin)
  window.addEventListener('afterprint', end)
  return () => {
    window.removeEventListener('beforeprint', begin)
    window.removeEventListener('afterprint', end)
  }
}

/** The page is being printed: lists show every row that was read, not only those on the screen. */
export function usePrinting(): boolean {
  return useSyncExternalStore(subscribe, () => printing)
}
