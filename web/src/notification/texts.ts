import { texts } from '@/app/texts'
import en from '@/i18n/en/notification.json'
import ru from '@/i18n/ru/notification.json'

export const notification = texts('notification', ru, en)

type Kind = keyof typeof ru extends infer Key ? (Key extends `kind.${infer Name}` ? Name : never) : never

/** The kind in words; one that is not known yet says itself. */
export function kindWord(kind: string): string {
  return `kind.${kind}` in ru ? notification.get(`kind.${kind as Kind}`) : kind
}
