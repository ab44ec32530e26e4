// Short messages: done, refused, with a way back.

import { Button, Group, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'

import { problem } from '@/api/errors'
import { ui } from './texts'

export function done(text: string): void {
  notifications.show({ message: text, color: 'green', autoClose: 5_000 })
}

/** Something that can be taken back for ten seconds. */
export function doneWithUndo(text: string, undo: () => void): void {
  const id = crypto.randomUUID()
  notifications.show({
    id,
    color: 'green',
    autoClose: 10_000,
    message: (
      <Group justify="space-between" wrap="nowrap">
        <Text size="sm">{text}</Text>
        <Button
          size="compact-sm"
          variant="default"
          onClick={() => {
            notifications.hide(id)
            undo()
          }}
        >
          {ui.get('undo')}
        </Button>
      </Group>
    ),
  })
}

/** What the server said no to, in its own words; nothing that was typed is touched. */
export function failed(error: unknown): void {
  const told = problem(error)
  notifications.show({
    color: told.passing ? 'yellow' : 'red',
    autoClose: told.passing ? 8_000 : 15_000,
    title: told.reason === 'STALE_VERSION' ? ui.get('stale') : undefined,
    message: (
      <>
        <Text size="sm">{told.text}</Text>
        {told.requestId !== '' && (
          <Text size="xs" c="dimmed">
            {ui.get('request', { id: told.requestId })}
          </Text>
        )}
      </>
    ),
  })
}
