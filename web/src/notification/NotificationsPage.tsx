import { Badge, Button, Tabs, Text } from '@mantine/core'
import { getRouteApi } from '@tanstack/react-router'

import {
  NotificationSchema,
  NotificationService,
  type Notification,
} from '@/gen/kite/notification/v1/notification_pb'
import type { Column } from '@/ui/columns'
import { ListPage } from '@/ui/ListPage'
import { OpsTable } from '@/ui/OpsTable'
import { formatTime } from '@/ui/time'
import { useRows } from '@/ui/useRows'
import { kindWord, notification as texts } from './texts'
import { targetOf, useMarkRead } from './useNotifications'

const route = getRouteApi('/shell/notifications')

/** Everything that happened and concerns me, the latest first. */
export default function NotificationsPage() {
  const t = texts.use()
  const { tab } = route.useSearch()
  const navigate = route.useNavigate()
  const unread = tab === 'unread'
  const mark = useMarkRead()
  const rows = useRows({
    name: 'notifications',
    method: NotificationService.method.listNotifications,
    input: { unread },
    row: NotificationSchema,
    read: ({ notifications, page }) => ({ rows: notifications, page }),
    id: (each) => each.id,
  })
  const read = (each: Notification) => {
    if (!each.read) mark.mutate({ ids: [each.id] })
  }
  return (
    <ListPage
      title={t('title')}
      actions={
        <Button
          size="compact-sm"
          variant="default"
          loading={mark.isPending}
          onClick={() => mark.mutate({ all: true })}
        >
          {t('read_all')}
        </Button>
      }
    >
      <Tabs
        value={unread ? 'unread' : 'all'}
        onChange={(next) => void navigate({ search: { tab: next === 'unread' ? next : undefined } })}
      >
        <Tabs.List aria-label={t('title')}>
          <Tabs.Tab value="all">{t('tab_all')}</Tabs.Tab>
          <Tabs.Tab value="unread">{t('tab_unread')}</Tabs.Tab>
        </Tabs.List>
      </Tabs>
      <OpsTable
        label={t('title')}
        rows={rows}
        columns={useColumns(read)}
        record={targetOf}
        onOpen={read}
        empty={{ filtered: false, text: unread ? t('none_unread') : t('none') }}
      />
    </ListPage>
  )
}

function useColumns(read: (notification: Notification) => void): Column<Notification>[] {
  const t = texts.use()
  return [
    {
      key: 'what',
      title: t('col_what'),
      render: (each) => (
        <Text span size="sm" fw={each.read ? 400 : 700} className="kite-words">
          {each.title}
        </Text>
      ),
    },
    {
      key: 'text',
      title: t('col_text'),
      width: 330,
      wideOnPhone: true,
      render: (each) => (
        <Text size="sm" className="kite-words" lineClamp={3}>
          {each.text}
        </Text>
      ),
    },
    { key: 'kind', title: t('col_kind'), width: 120, render: (each) => kindWord(each.kind) },
    { key: 'who', title: t('col_who'), width: 150, render: (each) => each.actor?.name },
    { key: 'when', title: t('col_when'), width: 155, render: (each) => formatTime(each.at) },
    {
      key: 'read',
      title: t('col_read'),
      width: 200,
      render: (each) =>
        !each.read && (
          <>
            <Badge size="sm" tt="none" variant="light" mr={6}>
              {t('unread')}
            </Badge>
            <Button size="compact-xs" variant="default" onClick={() => read(each)}>
              {t('read')}
            </Button>
          </>
        ),
    },
  ]
}
