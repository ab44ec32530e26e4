import { useQuery } from '@connectrpc/connect-query'

import { PolicyService } from '@/gen/kite/policy/v1/policy_pb'
import { useMe } from './use'

/** Cities that one may choose from: one's own, or every city that has rules, for those who work everywhere. */
export function useCities(): string[] {
  const me = useMe()
  const everywhere = me.cities.length === 0 && me.may('kite.policy.v1.PolicyService/ListPolicies')
  const policies = useQuery(PolicyService.method.listPolicies, {}, { enabled: everywhere })
  if (me.cities.length > 0) return me.cities
  return [
    ...new Set((policies.data?.policies ?? []).map((policy) => policy.city).filter((city) => city !== '')),
  ].sort((a, b) => a.localeCompare(b, 'ru'))
}
