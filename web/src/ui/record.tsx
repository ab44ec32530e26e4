// Records that have a page of their own, and the way to them from a list.

import { Anchor } from '@mantine/core'
import { useNavigate, useRouter } from '@tanstack/react-router'
import { useCallback, type MouseEvent, type ReactNode } from 'react'

import type { RecordKind } from './lists'

export interface Target {
  kind: RecordKind
  id: string
}

/**
 * A link to a record. The router's own links look at every change of the address; in a list of hundreds that
 * costs too much, so this one only knows where it leads.
 */
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
  const router = useRouter()
  const open = useOpenRecord()
  const { href } =
    target.kind === 'task'
      ? router.buildLocation({ to: '/tasks/$', params: { _splat: target.id } })
      : router.buildLocation({ to: '/buyouts/$id', params: { id: target.id } })
  const click = (event: MouseEvent) => {
    onOpen?.()
    // Another button or key: another tab, as the browser does it.
    if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return
    event.preventDefault()
    open(target)
  }
  return (
    <Anchor href={href} size="sm" fw={600} tabIndex={tabIndex} onClick={click}>
      {children}
    </Anchor>
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
