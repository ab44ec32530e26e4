import { createClient } from '@connectrpc/connect'
import { createConnectQueryKey, useQuery, useTransport } from '@connectrpc/connect-query'
import { useQueryClient } from '@tanstack/react-query'
import type { MessageInitShape } from '@bufbuild/protobuf'
import { useMemo } from 'react'

import { ViewService, type View, type ViewSchema } from '@/gen/kite/view/v1/view_pb'
import { useMe } from '@/session/use'

export type ListName = 'tasks' | 'buyouts'

export interface Views {
  query: ReturnType<
    typeof useQuery<typeof ViewService.method.listViews.input, typeof ViewService.method.listViews.output>
  >
  mine: View[]
  shared: View[]
  save: (view: MessageInitShape<typeof ViewSchema>) => Promise<View | undefined>
  remove: (id: string) => Promise<void>
}

/** Saved filters of a list: own ones and those that a role of mine shares. */
export function useViews(list: ListName): Views {
  const me = useMe()
  const client = useQueryClient()
  const transport = useTransport()
  const service = useMemo(() => createClient(ViewService, transport), [transport])
  const query = useQuery(ViewService.method.listViews, { list })
  const views = query.data?.views ?? []
  const again = () =>
    client.invalidateQueries({
      queryKey: createConnectQueryKey({ schema: ViewService, cardinality: 'finite' }),
    })
  return {
    query,
    mine: views.filter((view) => view.owner?.id === me.id),
    shared: views.filter((view) => view.owner?.id !== me.id),
    save: async (view) => {
      const { view: saved } = await service.saveView({ view: { ...view, list } })
      await again()
      return saved
    },
    remove: async (id) => {
      await service.deleteView({ id })
      await again()
    },
  }
}
