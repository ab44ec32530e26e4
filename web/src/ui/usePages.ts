import { useInfiniteQuery } from '@connectrpc/connect-query'
import type { DescMessage, DescMethodUnary, MessageInitShape, MessageShape } from '@bufbuild/protobuf'

interface Paged {
  page?: { nextCursor: string; total: bigint }
}

/** A list of the API page by page: `pages`, whether there is more, how many there are. */
export function usePages<Input extends DescMessage, Output extends DescMessage>(
  method: DescMethodUnary<Input, Output>,
  filter: MessageInitShape<Input>,
  size = 50,
) {
  const query = useInfiniteQuery(
    method,
    { ...filter, page: { size, cursor: '' } } as MessageInitShape<Input> & {
      page: { size: number; cursor: string }
    },
    {
      pageParamKey: 'page' as never,
      getNextPageParam: ((last: MessageShape<Output>) => {
        const cursor = (last as Paged).page?.nextCursor ?? ''
        return cursor === '' ? undefined : { size, cursor }
      }) as never,
    },
  )
  const pages = (query.data?.pages ?? []) as MessageShape<Output>[]
  return {
    ...query,
    data: query.data ? pages : undefined,
    total: (pages[0] as Paged | undefined)?.page?.total ?? 0n,
  }
}
