import i18next from 'i18next'

import { texts } from '@/app/texts'
import en from '@/i18n/en/codes.json'
import ru from '@/i18n/ru/codes.json'

const codes = texts('codes', ru, en)

type Group = keyof typeof ru extends infer Key
  ? Key extends `${infer Name}.${string}`
    ? Name
    : never
  : never

/** Words for a code of the API: word('stage', 'OFFER'). An unknown code is shown as it is. */
export function word(group: Group, code: string): string {
  const key = `${group}.${code}`
  return i18next.exists(key, { ns: 'codes' }) ? i18next.t(key, { ns: 'codes' }) : code
}

/** Codes of a group in the order in which they are listed. */
export function codesOf(group: Group): string[] {
  return Object.keys(ru)
    .filter((key) => key.startsWith(`${group}.`))
    .map((key) => key.slice(group.length + 1))
}

/** Re-renders on a change of language. */
export const useCodes = codes.use
