// Sections of the shell and who sees them. The server decides every call; this keeps out of sight what a
// role has no use for.

import type { Role } from '@/session/use'

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
}

export const SECTIONS: Section[] = [
  { to: '/', key: 'home', hotkey: 'h' },
  { to: '/tasks', key: 'tasks', hotkey: 't' },
  { to: '/buyouts', key: 'buyouts', hotkey: 'b' },
  { to: '/dispatch', key: 'dispatch', hotkey: 'd', roles: ['DISPATCHER', 'BUYOUT_HEAD', 'OPS', 'ADMIN'] },
  { to: '/board', key: 'board', hotkey: 'k', roles: ['BUYOUT_HEAD', 'OPS', 'ADMIN', 'BUYOUT_MANAGER'] },
  { to: '/reports', key: 'reports', hotkey: 'r', roles: ['BUYOUT_HEAD', 'OPS', 'ADMIN'] },
  { to: '/ops', key: 'ops', hotkey: 'o', roles: ['OPS', 'ADMIN'] },
  { to: '/admin/staff', key: 'staff', roles: ['ADMIN'] },
  { to: '/admin/policies', key: 'policies', roles: ['ADMIN', 'BUYOUT_HEAD', 'OPS'] },
  { to: '/admin/templates', key: 'templates', roles: ['ADMIN', 'BUYOUT_HEAD', 'OPS'] },
]

export function sectionsOf(has: (...roles: Role[]) => boolean): Section[] {
  return SECTIONS.filter((section) => !section.roles || has(...section.roles))
}
