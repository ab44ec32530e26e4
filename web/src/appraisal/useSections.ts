import { useEffect, useRef } from 'react'

/** Somebody writes into a field: digits are text then. A ticked box or a chosen circle is no writing. */
export function isWriting(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (target.isContentEditable || target.tagName === 'TEXTAREA' || target.tagName === 'SELECT') return true
  return (
    target instanceof HTMLInputElement && !['checkbox', 'radio', 'button', 'submit'].includes(target.type)
  )
}

export interface Pressed {
  key: string
  ctrlKey: boolean
  metaKey: boolean
  altKey: boolean
}

export type Meant = { do: 'section'; at: number } | { do: 'send' } | { do: 'leave' } | undefined

/** What a key of the case means: digits open sections, Esc leaves a field, Ctrl+Enter sends. */
export function meant(pressed: Pressed, writing: boolean, sections: number): Meant {
  if (pressed.key === 'Enter' && (pressed.ctrlKey || pressed.metaKey)) return { do: 'send' }
  if (pressed.ctrlKey || pressed.metaKey || pressed.altKey) return undefined
  if (writing) return pressed.key === 'Escape' ? { do: 'leave' } : undefined
  const at = Number(pressed.key) - 1
  return Number.isInteger(at) && at >= 0 && at < sections ? { do: 'section', at } : undefined
}

/** Keys of a page with numbered sections. A window over the page has keys of its own. */
export function useSectionKeys(sections: number, open: (at: number) => void, send: () => void): void {
  const latest = useRef({ open, send })
  useEffect(() => {
    latest.current = { open, send }
  })
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.defaultPrevented || document.querySelector('[role="dialog"]')) return
      const { target } = event
      const act = meant(event, isWriting(target), sections)
      if (!act) return
      if (act.do === 'leave') {
        // An open list of choices closes by the same key and keeps its field.
        if (target instanceof HTMLElement && target.getAttribute('aria-expanded') !== 'true') target.blur()
        return
      }
      event.preventDefault()
      if (act.do === 'send') latest.current.send()
      else latest.current.open(act.at)
    }
    window.addEventListener('keydown', press)
    return () => window.removeEventListener('keydown', press)
  }, [sections])
}
