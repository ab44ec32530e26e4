import { create, equals } from '@bufbuild/protobuf'
import { useQuery } from '@connectrpc/connect-query'
import { useDebouncedValue } from '@mantine/hooks'
import { useMemo, useState } from 'react'

import { BuyoutService, type PreviewAppraisalResponse } from '@/gen/kite/buyout/v1/buyout_pb'
import { AppraisalSchema, type Appraisal } from '@/gen/kite/task/v1/task_pb'
import { useMe } from '@/session/use'
import { toMessage, type Draft } from './draft'

const PAUSE_MS = 300

export interface Preview {
  /** What the server computed last; it stays while the next answer is on its way, or fails. */
  data?: PreviewAppraisalResponse
  error: unknown
  /** The figures shown are of what was typed before. */
  old: boolean
}

/** What an appraisal means by the server's rules: category, margins, whether a second person must approve. */
export function useMeaning(buyoutId: string, appraisal: Appraisal | undefined): Preview {
  const me = useMe()
  const { data, error, isFetching } = useQuery(
    BuyoutService.method.previewAppraisal,
    { id: buyoutId, appraisal },
    {
      enabled: appraisal !== undefined && me.may('kite.buyout.v1.BuyoutService/PreviewAppraisal'),
      staleTime: 60_000,
      gcTime: 60_000,
    },
  )
  const [kept, setKept] = useState(data)
  if (data !== undefined && data !== kept) setKept(data)
  return { data: data ?? kept, error, old: data === undefined && (isFetching || kept !== undefined) }
}

/** The same for what is being typed, asked a moment after the last keystroke. */
export function usePreview(buyoutId: string, draft: Draft): Preview {
  // The comment changes nothing that is computed, so it asks nothing.
  const appraisal = useMemo(() => create(AppraisalSchema, { ...toMessage(draft), comment: '' }), [draft])
  const [asked] = useDebouncedValue(appraisal, PAUSE_MS)
  const meaning = useMeaning(buyoutId, asked)
  return { ...meaning, old: meaning.old || !equals(AppraisalSchema, asked, appraisal) }
}
