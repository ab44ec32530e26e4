import { useQuery } from '@connectrpc/connect-query'
import { useMemo } from 'react'

import { TaskService, type ListPayoutBanksResponse } from '@/gen/kite/task/v1/task_pb'
import { useMe } from '@/session/use'
import { bankChoices, type BankChoice } from './requisites'

/** Banks that take payouts by SBP, read once a visit: they come and go slowly. */
export function useBanks(): { choices: BankChoice[]; list: ListPayoutBanksResponse | undefined } {
  const enabled = useMe().may('kite.task.v1.TaskService/ListPayoutBanks')
  const { data: list } = useQuery(TaskService.method.listPayoutBanks, {}, { enabled, staleTime: Infinity })
  return { list, choices: useMemo(() => bankChoices(list?.banks ?? []), [list]) }
}
