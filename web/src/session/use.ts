import { useSyncExternalStore } from 'react'

import { session, type State } from './session'

export type Role =
  | 'INSPECTOR'
  | 'DISPATCHER'
  | 'APPRAISER'
  | 'SENIOR_APPRAISER'
  | 'BUYOUT_MANAGER'
  | 'VERIFIER'
  | 'PAYMENT_APPROVER'
  | 'ACCOUNTANT'
  | 'SECURITY'
  | 'BUYOUT_HEAD'
  | 'OPS'
  | 'ADMIN'

export function useSessionState(): State {
  return useSyncExternalStore(session.subscribe, session.state)
}

/** The signed-in person; screens are shown to nobody else. */
export function useMe() {
  const state = useSessionState()
  const known = state.kind === 'in' || state.kind === 'expired' ? state.session : undefined
  return {
    id: known?.person?.id ?? '',
    name: known?.person?.name ?? '',
    roles: (known?.roles ?? []) as Role[],
    cities: known?.cities ?? [],
    substitute: known?.substitute,
    has: (...roles: Role[]) => roles.some((role) => known?.roles.includes(role)),
    /** The server decides; this only keeps what is refused anyway out of sight. */
    may: (action: string) => known?.actions.includes(action) ?? false,
  }
}
