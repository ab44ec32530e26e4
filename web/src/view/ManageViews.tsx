import { Button, Card, Group, Modal, Stack, TextInput } from '@mantine/core'
import { useState } from 'react'

import type { View } from '@/gen/kite/view/v1/view_pb'
import { useMe } from '@/session/use'
import { done, doneWithUndo, failed } from '@/ui/notify'
import { sameQuery } from './query'
import { ShareSelect } from './SaveView'
import { view as texts } from './texts'
import type { Views } from './useViews'

/** Own saved filters: other names, other filters, other readers, away with them. */
export default function ManageViews({
  views,
  query,
  close,
}: {
  views: Views
  query: string
  close: () => void
}) {
  const t = texts.use()
  return (
    <Modal opened onClose={close} title={t('manage')} size="lg">
      <Stack>
        {views.mine.map((view) => (
          <Row key={view.id} view={view} views={views} query={query} />
        ))}
      </Stack>
    </Modal>
  )
}

function Row({ view, views, query }: { view: View; views: Views; query: string }) {
  const t = texts.use()
  const me = useMe()
  const [name, setName] = useState(view.name)
  const [sharedWith, setSharedWith] = useState(view.sharedWith)
  const changed = (name.trim() !== '' && name.trim() !== view.name) || sharedWith !== view.sharedWith
  const save = (next: { name?: string; query?: string; sharedWith?: string }) =>
    void views
      .save({ id: view.id, name: view.name, query: view.query, sharedWith: view.sharedWith, ...next })
      .then((saved) => done(t('saved', { name: saved?.name })), failed)
  const remove = () =>
    void views.remove(view.id).then(() => {
      const { name: kept, query: was, sharedWith: readers } = view
      doneWithUndo(
        t('deleted', { name: kept }),
        () => void views.save({ name: kept, query: was, sharedWith: readers }).catch(failed),
      )
    }, failed)
  return (
    <Card withBorder padding="sm">
      <Group align="flex-end" gap="xs">
        <TextInput
          label={t('name')}
          flex="1 1 200px"
          maxLength={100}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <ShareSelect value={sharedWith} roles={me.roles} onChange={setSharedWith} />
      </Group>
      <Group gap="xs" mt="xs">
        <Button size="xs" disabled={!changed} onClick={() => save({ name: name.trim(), sharedWith })}>
          {t('save_button')}
        </Button>
        <Button
          size="xs"
          variant="default"
          disabled={query === '' || sameQuery(query, view.query)}
          onClick={() => save({ query })}
        >
          {t('update')}
        </Button>
        <Button
          size="xs"
          variant="default"
          aria-label={t('delete_named', { name: view.name })}
          onClick={remove}
        >
          {t('delete')}
        </Button>
      </Group>
    </Card>
  )
}
