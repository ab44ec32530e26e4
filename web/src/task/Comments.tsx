import { Button, Card, Group, Stack, Text, Textarea, Title } from '@mantine/core'
import { useState } from 'react'

import { useDraft } from '@/app/useDraft'
import type { Task } from '@/gen/kite/task/v1/task_pb'
import { formatTime } from '@/ui/time'
import { comment } from './actions'
import { task as texts } from './texts'

/** What colleagues said about the task; anybody who sees it may add a word. */
export function Comments({ task }: { task: Task }) {
  const t = texts.use()
  const [text, setText, clear] = useDraft(`comment:${task.id}`, '')
  const [busy, setBusy] = useState(false)
  const open = task.state === 'OPEN' || task.state === 'CLAIMED'
  const send = async () => {
    setBusy(true)
    if (await comment(task, text.trim())) clear()
    setBusy(false)
  }
  return (
    <Card withBorder padding="sm">
      <Stack gap="xs">
        <Title order={2} size="h5">
          {t('comments')}
        </Title>
        {task.comments.length === 0 && (
          <Text size="sm" c="dimmed">
            {t('comment_none')}
          </Text>
        )}
        {task.comments.map((line, index) => (
          <div key={index}>
            <Text size="xs" c="dimmed">
              {line.author?.name}, {formatTime(line.at, task.timeZone)}
            </Text>
            <Text size="sm" className="kite-words">
              {line.text}
            </Text>
          </div>
        ))}
        {open && (
          <form
            onSubmit={(event) => {
              event.preventDefault()
              void send()
            }}
          >
            <Stack gap="xs">
              <Textarea
                label={t('comment')}
                autosize
                minRows={1}
                maxRows={8}
                maxLength={4000}
                value={text}
                onChange={(event) => setText(event.currentTarget.value)}
              />
              <Group justify="flex-end">
                <Button
                  type="submit"
                  size="xs"
                  variant="default"
                  loading={busy}
                  disabled={text.trim() === ''}
                >
                  {t('comment_add')}
                </Button>
              </Group>
            </Stack>
          </form>
        )}
      </Stack>
    </Card>
  )
}
