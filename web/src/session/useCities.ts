import { useQuery } from '@connectrpc/connect-query'

import { PolicyService } from '@/gen/kite/policy/v1/policy_pb'
import { useMe } from './use'

/** Cities to filter by: those of the person; for who sees every city, those that have rules. */
export function useCities(): string[] {
  const me = useMe()
  const all = me.cities.length === 0
  const { data } = useQuery(
    PolicyService.method.listPolicies,
    {},
    {
      enabled: all && me.may('kite.policy.v1.PolicyService/ListPolicies'),
      staleTime: 10 * 60_000,
      retry: false,
    },
  )
  if (!all) return me.cities
  const found = data?.policies.map((policy) => policy.city).filter((city) => city !== '') ?? []
  return [...new Set(found)].sort((one, other) => one.localeCompare(other, 'ru'))
}
