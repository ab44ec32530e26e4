// Reading a list's address: what is not understood is dropped, so an old link still opens.

type Raw = Record<string, unknown>

export function text(raw: Raw, key: string): string | undefined {
  const value = raw[key]
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && value !== '' ? value.slice(0, 200) : undefined
}

export function flag(raw: Raw, key: string): true | undefined {
  return raw[key] === true || raw[key] === 'true' || raw[key] === 1 ? true : undefined
}

export function list(raw: Raw, key: string): string[] | undefined {
  const value = raw[key]
  const found = Array.isArray(value) ? value : typeof value === 'string' ? value.split(',') : []
  const words = found.filter((word): word is string => typeof word === 'string' && word !== '').slice(0, 50)
  return words.length > 0 ? words : undefined
}

export function oneOf<Word extends string>(raw: Raw, key: string, words: readonly Word[]): Word | undefined {
  return words.find((word) => word === raw[key])
}

/** A page with tabs, perhaps with one record of them open. */
export interface TabSearch {
  tab?: string
  item?: string
  q?: string
}

export function tabSearch(raw: Raw): TabSearch {
  return { tab: text(raw, 'tab'), item: text(raw, 'item'), q: text(raw, 'q') }
}
