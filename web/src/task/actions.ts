// What one may do with a task besides deciding it. Each says what it did and can be taken back.

import { queries } from '@/api/queries'
import { tasks } from '@/api/transport'
import type { Task } from '@/gen/kite/task/v1/task_pb'
import { done, doneWithUndo, failed } from '@/ui/notify'
import { task as texts } from './texts'

async function attempt(action: () => Promise<unknown>): Promise<boolean> {
  try {
    await action()
    return true
  } catch (error) {
    failed(error)
    return false
  } finally {
    void queries.invalidateQueries()
  }
}

export async function claim(task: Task): Promise<boolean> {
  let version = task.version
  const taken = await attempt(async () => {
    const answer = await tasks.claimTask({ id: task.id, version })
    version = answer.task?.version ?? version
  })
  if (taken) {
    doneWithUndo(texts.get('claimed', { title: task.title }), () => void release({ ...task, version }))
  }
  return taken
}

export async function release(task: Pick<Task, 'id' | 'version'>): Promise<boolean> {
  const given = await attempt(() => tasks.releaseTask({ id: task.id, version: task.version }))
  if (given) done(texts.get('released'))
  return given
}

/** Hands a task over; when the person held it before, it can be taken back. */
export async function delegate(
  task: Task,
  to: { id: string; name: string },
  back?: { id: string; name: string },
): Promise<boolean> {
  let version = task.version
  const given = await attempt(async () => {
    const answer = await tasks.delegateTask({ id: task.id, version, toPersonId: to.id })
    version = answer.task?.version ?? version
  })
  if (given) {
    const text = texts.get('delegated', { name: to.name })
    if (back) doneWithUndo(text, () => void delegate({ ...task, version }, back))
    else done(text)
  }
  return given
}

export async function comment(task: Task, text: string): Promise<boolean> {
  return attempt(() => tasks.commentTask({ id: task.id, text }))
}
