import { ActionIcon, Group, Text } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { notifications } from '@mantine/notifications'

import { Icon } from './Icon'
import { list as texts } from './listTexts'
import { neighbourOf, placeOf, type RecordKind } from './lists'

/** On a record's page: where it stands in the list it was opened from, and the way to its neighbours. */
export function Neighbours({ kind, id }: { kind: RecordKind; id: string }) {
  const t = texts.use()
  const navigate = useNavigate()
  const place = placeOf(kind, id)
  if (!place) return null
  const go = (step: 1 | -1) =>
    void neighbourOf(kind, id, step).then((next) => {
      if (next === undefined) notifications.show({ message: t('end'), color: 'gray' })
      else if (kind === 'task') {
        void navigate({ to: '/tasks/$', params: { _splat: next }, replace: true })
      } else {
        void navigate({ to: '/buyouts/$id', params: { id: next }, search: (old) => old, replace: true })
      }
    })
  return (
    <Group gap={4} wrap="nowrap" className="kite-screen-only">
      <ActionIcon variant="default" aria-label={t('previous')} title={t('previous')} onClick={() => go(-1)}>
        <Icon name="up" />
      </ActionIcon>
      <Text size="sm">{t('place', { at: place.at, total: place.total })}</Text>
      <ActionIcon variant="default" aria-label={t('next')} title={t('next')} onClick={() => go(1)}>
        <Icon name="down" />
      </ActionIcon>
    </Group>
  )
}
