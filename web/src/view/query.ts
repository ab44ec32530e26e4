// A saved filter is the query part of a list's address.

import { defaultParseSearch, defaultStringifySearch } from '@tanstack/react-router'

/** The same filter always gives the same text, in whatever order it was put together. */
export function queryOf(search: object): string {
  const set = Object.entries(search)
    .filter(([, value]) => value !== undefined)
    .sort(([one], [other]) => one.localeCompare(other))
  return defaultStringifySearch(Object.fromEntries(set)).replace(/^\?/, '')
}

export function searchOf(query: string): Record<string, unknown> {
  return defaultParseSearch(query) as Record<string, unknown>
}

/** Two texts that mean one filter. */
export function sameQuery(one: string, other: string): boolean {
  return queryOf(searchOf(one)) === queryOf(searchOf(other))
}
