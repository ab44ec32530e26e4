import { useNavigate, useParams, useRouterState } from '@tanstack/react-router'
import { useEffect } from 'react'

import { backFrom, neighbourOf, type RecordKind } from './lists'
import { isLayerOpen, isTyping } from '@/app/isTyping'

/** On a record's page J and K go on through the list it was opened from, Esc goes back to the list. */
export function useNeighbourKeys(): void {
  const navigate = useNavigate()
  const path = useRouterState({ select: (state) => state.location.pathname })
  const { _splat, id } = useParams({ strict: false })
  const kind: RecordKind = path.startsWith('/tasks/') ? 'task' : 'buyout'
  const record = kind === 'task' ? _splat : path.startsWith('/buyouts/') ? id : undefined
  useEffect(() => {
    if (record === undefined) return
    const press = (event: KeyboardEvent) => {
      if (isTyping(event) || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return
      if (isLayerOpen()) return
      const step = event.code === 'KeyJ' ? 1 : event.code === 'KeyK' ? -1 : 0
      if (step !== 0) {
        event.preventDefault()
        void neighbourOf(kind, record, step).then((next) => {
          if (next !== undefined) {
            void (kind === 'task'
              ? navigate({ to: '/tasks/$', params: { _splat: next }, replace: true })
              : navigate({ to: '/buyouts/$id', params: { id: next }, search: (old) => old, replace: true }))
          }
        })
      } else if (event.key === 'Escape') {
        const back = backFrom(kind)
        if (back !== undefined) void navigate({ href: back })
      }
    }
    window.addEventListener('keydown', press)
    return () => window.removeEventListener('keydown', press)
  }, [kind, record, navigate])
}
