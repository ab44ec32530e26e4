import { useQuery } from '@connectrpc/connect-query'

import { SessionService } from '@/gen/kite/session/v1/session_pb'

/** Cities that one may choose from: one's own, or every known one for those who work everywhere. */
export function useCities(): { value: string; label: string }[] {
  const { data } = useQuery(SessionService.method.listCities, {}, { staleTime: 10 * 60_000 })
  return (data?.cities ?? []).map(({ code, title }) => ({ value: code, label: title }))
}
