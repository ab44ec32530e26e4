import { Button, Menu, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { lazy, Suspense } from 'react'

import type { View } from '@/gen/kite/view/v1/view_pb'
import { useCodes, word } from '@/ui/codes'
import { Icon } from '@/ui/Icon'
import { queryOf, sameQuery, searchOf } from './query'
import { view as texts } from './texts'
import { useViews, type ListName } from './useViews'

// Opened now and then, and on no list at once.
const ManageViews = lazy(() => import('./ManageViews'))
const SaveView = lazy(() => import('./SaveView'))

/** Saved filters of a list: choose one, save the one that is set, change what was saved. */
export function SavedViews({
  list,
  search,
  apply,
}: {
  list: ListName
  search: object
  apply: (raw: Record<string, unknown>) => void
}) {
  const t = texts.use()
  useCodes()
  const views = useViews(list)
  const [saving, save] = useDisclosure()
  const [managing, manage] = useDisclosure()
  const current = queryOf(search)
  const chosen = [...views.mine, ...views.shared].find((view) => sameQuery(view.query, current))
  const item = (view: View) => (
    <Menu.Item
      key={view.id}
      onClick={() => apply(searchOf(view.query))}
      leftSection={view === chosen ? <Icon name="check" /> : undefined}
    >
      <Text size="sm" className="kite-words" lineClamp={2}>
        {view.name}
      </Text>
      <Text size="xs" c="dimmed">
        {note(view)}
      </Text>
    </Menu.Item>
  )
  const note = (view: View) =>
    views.mine.includes(view)
      ? view.sharedWith !== '' && t('shared_with', { role: word('role', view.sharedWith) })
      : t('by', { name: view.owner?.name })
  return (
    <>
      <Menu width={280} position="bottom-start" withinPortal>
        <Menu.Target>
          <Button
            variant="default"
            leftSection={<Icon name="bookmark" />}
            maw={220}
            aria-label={chosen && current !== '' ? `${t('views')}: ${chosen.name}` : t('views')}
          >
            <Text span size="sm" truncate>
              {chosen && current !== '' ? chosen.name : t('views_short')}
            </Text>
          </Button>
        </Menu.Target>
        <Menu.Dropdown mah={420} className="kite-scroll-y">
          {views.mine.length + views.shared.length === 0 && <Menu.Label>{t('none')}</Menu.Label>}
          {views.mine.length > 0 && <Menu.Label>{t('mine')}</Menu.Label>}
          {views.mine.map(item)}
          {views.shared.length > 0 && <Menu.Label>{t('shared')}</Menu.Label>}
          {views.shared.map(item)}
          <Menu.Divider />
          <Menu.Item onClick={save.open} disabled={current === ''}>
            {current === '' ? t('save_empty') : t('save')}
          </Menu.Item>
          {views.mine.length > 0 && <Menu.Item onClick={manage.open}>{t('manage')}</Menu.Item>}
        </Menu.Dropdown>
      </Menu>
      <Suspense fallback={null}>
        {saving && <SaveView views={views} list={list} query={current} close={save.close} />}
        {managing && <ManageViews views={views} query={current} close={manage.close} />}
      </Suspense>
    </>
  )
}
