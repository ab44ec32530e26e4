import { Code, ConnectError } from '@connectrpc/connect'
import { Button } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'

import { queries } from '@/api/queries'
import { tasks } from '@/api/transport'
import { word } from '@/ui/codes'
import { doneWithUndo, failed } from '@/ui/notify'
import { release } from './actions'
import { tasksTexts } from './listTexts'

/** Claims the task that is due first among those that one may decide, and opens it. */
export function TakeNext({ kind = '', city, size }: { kind?: string; city?: string; size?: string }) {
  const t = tasksTexts.use()
  const navigate = useNavigate()
  const [busy, setBusy] = useState(false)
  const take = async () => {
    setBusy(true)
    try {
      const { task } = await tasks.takeNextTask({ kind, cities: city === undefined ? [] : [city] })
      if (!task) return
      void queries.invalidateQueries()
      doneWithUndo(t('taken', { title: task.title }), () => void release(task))
      await navigate({ to: '/tasks/$', params: { _splat: task.id } })
    } catch (error) {
      if (ConnectError.from(error).code === Code.NotFound) {
        notifications.show({ message: t('nothing_to_take'), color: 'gray' })
      } else failed(error)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Button size={size} loading={busy} onClick={() => void take()}>
      {[
        kind === '' ? t('take_next') : t('take_next_of', { kind: word('task_kind', kind) }),
        ...(city === undefined ? [] : [city]),
      ].join(', ')}
    </Button>
  )
}
