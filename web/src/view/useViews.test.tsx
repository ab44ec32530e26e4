import { create } from '@bufbuild/protobuf'
import { Code, ConnectError, createRouterTransport } from '@connectrpc/connect'
import { TransportProvider } from '@connectrpc/connect-query'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { act, renderHook, waitFor } from '@testing-library/react'
import type { ReactNode } from 'react'
import { beforeEach, describe, expect, it } from 'vitest'

import { SessionSchema } from '@/gen/kite/session/v1/session_pb'
import { ViewSchema, ViewService, type View } from '@/gen/kite/view/v1/view_pb'
import { session } from '@/session/session'
import { useViews } from './useViews'

const me = { id: 'me', name: 'Смирнова Анна' }

let stored: View[]

const transport = createRouterTransport(({ service }) => {
  service(ViewService, {
    listViews: ({ list }) => ({ views: stored.filter((view) => view.list === list) }),
    saveView: ({ view }) => {
      if (view?.name === 'taken') throw new ConnectError('Такое название уже есть.', Code.AlreadyExists)
      const { id = '', list = '', name = '', query = '', sharedWith = '' } = view ?? {}
      const saved = create(ViewSchema, {
        id: id || `v${stored.length}`,
        list,
        name,
        query,
        sharedWith,
        owner: me,
      })
      stored = [...stored.filter((each) => each.id !== saved.id), saved]
      return { view: saved }
    },
    deleteView: ({ id }) => {
      stored = stored.filter((view) => view.id !== id)
      return {}
    },
  })
})

function opened() {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  const around = ({ children }: { children: ReactNode }) => (
    <TransportProvider transport={transport}>
      <QueryClientProvider client={client}>{children}</QueryClientProvider>
    </TransportProvider>
  )
  return renderHook(() => useViews('tasks'), { wrapper: around })
}

describe('saved filters', () => {
  beforeEach(() => {
    session.take({ accessToken: 'x', session: create(SessionSchema, { person: me, roles: ['APPRAISER'] }) })
    stored = [
      create(ViewSchema, { id: 'a', list: 'tasks', name: 'Мой', query: 'kind=APPRAISE', owner: me }),
      create(ViewSchema, {
        id: 'b',
        list: 'tasks',
        name: 'Общий',
        query: 'overdue=true',
        sharedWith: 'APPRAISER',
        owner: { id: 'other', name: 'Кузнецов Пётр' },
      }),
      create(ViewSchema, { id: 'c', list: 'buyouts', name: 'Другой список', owner: me }),
    ]
  })

  const names = (views: View[]) => views.map((view) => view.name)

  it('are mine or shared, of one list', async () => {
    const { result } = opened()
    await waitFor(() => expect(names(result.current.mine)).toEqual(['Мой']))
    expect(names(result.current.shared)).toEqual(['Общий'])
  })

  it('are there at once when saved, and gone when deleted', async () => {
    const { result } = opened()
    await waitFor(() => expect(result.current.mine).toHaveLength(1))
    await act(() => result.current.save({ name: 'Новый', query: 'mine=true' }))
    await waitFor(() => expect(names(result.current.mine)).toEqual(['Мой', 'Новый']))
    expect(stored.at(-1)?.list).toBe('tasks')
    await act(() => result.current.save({ id: 'a', name: 'Переименован', query: 'kind=APPRAISE' }))
    await waitFor(() => expect(names(result.current.mine)).toContain('Переименован'))
    await act(() => result.current.remove('a'))
    await waitFor(() => expect(names(result.current.mine)).toEqual(['Новый']))
  })

  it('that are refused change nothing', async () => {
    const { result } = opened()
    await waitFor(() => expect(result.current.mine).toHaveLength(1))
    await expect(result.current.save({ name: 'taken' })).rejects.toThrow('Такое название')
    expect(result.current.mine).toHaveLength(1)
  })
})
