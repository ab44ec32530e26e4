import { createConnectQueryKey, useMutation } from '@connectrpc/connect-query'
import { useQueryClient } from '@tanstack/react-query'

import { NotificationService, type Notification } from '@/gen/kite/notification/v1/notification_pb'
import { failed } from '@/ui/notify'
import type { Target } from '@/ui/record'

/** Marks as read; everything that shows notifications reads them again. */
export function useMarkRead() {
  const client = useQueryClient()
  return useMutation(NotificationService.method.markRead, {
    onSuccess: () =>
      client.invalidateQueries({
        queryKey: createConnectQueryKey({ schema: NotificationService, cardinality: 'finite' }),
      }),
    onError: failed,
  })
}

/** Where a notification leads: to its task, else to its run. */
export function targetOf(notification: Notification): Target | undefined {
  if (notification.taskId !== '') return { kind: 'task', id: notification.taskId }
  if (notification.buyoutId !== '') return { kind: 'buyout', id: notification.buyoutId }
  return undefined
}
