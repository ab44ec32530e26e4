// Sections of the shell and who sees them. The server decides every call; this keeps out of sight what a
// role has no use for.

import type { Role, useMe } from '@/session/use'

export interface Section {
  to: string
  key:
    | 'home'
    | 'tasks'
    | 'buyouts'
    | 'dispatch'
    | 'board'
    | 'reports'
    | 'ops'
    | 'staff'
    | 'policies'
    | 'templates'
  /** Second key after "g". */
  hotkey?: string
  roles?: Role[]
  /** Shown to whoever may do this, whatever their roles. */
  action?: string
}

export const SECTIONS: Section[] = [
  { to: '/', key: 'home', hotkey: 'h' },
  { to: '/tasks', key: 'tasks', hotkey: 't' },
  { to: '/buyouts', key: 'buyouts', hotkey: 'b' },
  { to: '/dispatch', key: 'dispatch', hotkey: 'd', roles: ['DISPATCHER', 'BUYOUT_HEAD', 'OPS', 'ADMIN'] },
  { to: '/board', key: 'board', hotkey: 'k', roles: ['BUYOUT_HEAD', 'OPS', 'ADMIN', 'BUYOUT_MANAGER'] },
  { to: '/reports', key: 'reports', hotkey: 'r', roles: ['BUYOUT_HEAD', 'OPS', 'ADMIN'] },
  {
    to: '/ops',
    key: 'ops',
    hotkey: 'o',
    roles: ['OPS', 'ADMIN'],
    action: 'kite.audit.v1.AuditService/SearchAudit',
  },
  { to: '/admin/staff', key: 'staff', roles: ['ADMIN'] },
  { to: '/admin/policies', key: 'policies', roles: ['ADMIN', 'BUYOUT_HEAD', 'OPS'] },
  { to: '/admin/templates', key: 'templates', roles: ['ADMIN', 'BUYOUT_HEAD', 'OPS'] },
]

export function sectionsOf({ has, may }: Pick<ReturnType<typeof useMe>, 'has' | 'may'>): Section[] {
  return SECTIONS.filter(
    ({ roles, action }) => !roles || has(...roles) || (action !== undefined && may(action)),
  )
}
