import { useNavigate, useSearch } from '@tanstack/react-router'
import { useCallback } from 'react'

/** A choice of the page kept in its address, so that a link opens the page as it is seen. */
export function useSearchTab<Tab extends string>(
  name: 'tab' | 'item',
  tabs: readonly Tab[],
  first: Tab,
): [Tab, (next: string | null) => void] {
  const search: Record<string, unknown> = useSearch({ strict: false })
  const navigate = useNavigate()
  const set = useCallback(
    (next: string | null) =>
      void navigate({
        to: '.',
        search: ((old: Record<string, unknown>) => ({ ...old, [name]: next ?? undefined })) as never,
        replace: true,
      }),
    [navigate, name],
  )
  return [tabs.find((tab) => tab === search[name]) ?? first, set]
}
