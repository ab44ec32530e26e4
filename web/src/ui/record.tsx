// Records that have a page of their own, and the way to them from a list.

import { useNavigate } from '@tanstack/react-router'
import { useCallback, type ReactNode } from 'react'

import { LinkAnchor } from './links'
import type { RecordKind } from './lists'

export interface Target {
  kind: RecordKind
  id: string
}

export function RecordLink({
  target,
  children,
  onOpen,
  tabIndex,
}: {
  target: Target
  children: ReactNode
  onOpen?: () => void
  tabIndex?: number
}) {
  const shared = { size: 'sm', fw: 600, onClick: onOpen, tabIndex, children }
  return target.kind === 'task' ? (
    <LinkAnchor to="/tasks/$" params={{ _splat: target.id }} {...shared} />
  ) : (
    <LinkAnchor to="/buyouts/$id" params={{ id: target.id }} {...shared} />
  )
}

export function useOpenRecord(): (target: Target) => void {
  const navigate = useNavigate()
  return useCallback(
    ({ kind, id }) =>
      void (kind === 'task'
        ? navigate({ to: '/tasks/$', params: { _splat: id } })
        : navigate({ to: '/buyouts/$id', params: { id } })),
    [navigate],
  )
}
