import type { DescMessage, DescMethodUnary, MessageInitShape, MessageShape } from '@bufbuild/protobuf'
import { equals, toJsonString, create } from '@bufbuild/protobuf'
import { createQueryOptions, useTransport } from '@connectrpc/connect-query'
import type { PageInfo } from '@/gen/kite/common/v1/common_pb'
import { useQueryClient } from '@tanstack/react-query'
import { useMemo, useSyncExternalStore } from 'react'

import { useMe } from '@/session/use'
import { listOf } from './lists'
import { RowList, type Source, type View } from './rows'

interface Asked<I extends DescMessage, O extends DescMessage, R extends DescMessage> {
  /** Names the place where the list is shown: one list of a name is kept. */
  name: string
  method: DescMethodUnary<I, O>
  /** The filter, without the page. */
  input: MessageInitShape<I>
  row: R
  read: (answer: MessageShape<O>) => { rows: MessageShape<R>[]; page?: PageInfo }
  id: (row: MessageShape<R>) => string
  size?: number
  /** See Source. */
  moving?: boolean
}

/**
 * The rows of a list of the server that match a filter, read page by page and kept up to date. Whoever draws them
 * looks with useView: the page around them, with its filters, is not drawn anew at every key.
 */
export function useRows<I extends DescMessage, O extends DescMessage, R extends DescMessage>(
  asked: Asked<I, O, R>,
): RowList<MessageShape<R>> {
  const client = useQueryClient()
  const transport = useTransport()
  const me = useMe()
  const { name, method, row, size = 100 } = asked
  const filter = toJsonString(method.input, create(method.input, asked.input))
  return useMemo(
    () =>
      listOf<MessageShape<R>>(name, `${me.id} ${filter}`, (before) => {
        const source: Source<MessageShape<R>> = {
          options: (cursor) =>
            ({
              ...createQueryOptions(
                method,
                { ...asked.input, page: { size, cursor } } as MessageInitShape<I>,
                { transport },
              ),
              staleTime: 10_000,
            }) as unknown as ReturnType<Source<MessageShape<R>>['options']>,
          read: (answer) => {
            const { rows, page } = asked.read(answer as MessageShape<O>)
            return {
              rows,
              next: page?.nextCursor ?? '',
              total: Number(page?.total ?? 0n),
              over: page?.moreThanTotal ?? false,
            }
          },
          id: asked.id,
          same: (one, other) => equals(row, one, other),
          moving: asked.moving,
        }
        return new RowList(client, source, before)
      }),
    // The filter stands for the input; the rest of a list's description never changes.
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [client, transport, name, me.id, filter],
  )
}

/** What a list shows now. */
export function useView<Row>(list: RowList<Row>): View<Row> {
  return useSyncExternalStore(list.subscribe, list.snapshot)
}
