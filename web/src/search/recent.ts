// What was opened from the search, for this person in this browser: ids and cars, nothing of clients.

import { settings } from '@/app/storage'
import type { RecordKind } from '@/ui/lists'

export interface Recent {
  kind: RecordKind
  id: string
  title: string
}

const MOST = 8
const key = (person: string) => `recent.${person}`

export function recent(person: string): Recent[] {
  try {
    const found: unknown = JSON.parse(settings.get(key(person)) ?? '[]')
    return Array.isArray(found) ? found.filter(isRecent).slice(0, MOST) : []
  } catch {
    return []
  }
}

export function keepRecent(person: string, opened: Recent): void {
  const others = recent(person).filter((each) => each.kind !== opened.kind || each.id !== opened.id)
  const { kind, id, title } = opened
  settings.set(key(person), JSON.stringify([{ kind, id, title }, ...others].slice(0, MOST)))
}

function isRecent(value: unknown): value is Recent {
  if (typeof value !== 'object' || value === null) return false
  const { kind, id, title } = value as Record<string, unknown>
  return (kind === 'task' || kind === 'buyout') && typeof id === 'string' && typeof title === 'string'
}

/** A telephone number is looked for by its digits, however it was typed. */
export function wanted(typed: string): string {
  const text = typed.trim()
  if (!/^[+\d\s()-]+$/.test(text)) return text
  const digits = text.replace(/\D/g, '')
  if (digits.length === 11 && digits.startsWith('8')) return `7${digits.slice(1)}`
  return digits
}
