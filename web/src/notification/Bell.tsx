import { useQuery } from '@connectrpc/connect-query'
import { ActionIcon, Box, Button, Group, Popover, ScrollArea, Text, UnstyledButton } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'

import { NotificationService, type Notification } from '@/gen/kite/notification/v1/notification_pb'
import { Icon } from '@/ui/Icon'
import { LinkAnchor } from '@/ui/links'
import { Loaded } from '@/ui/Loaded'
import { useOpenRecord } from '@/ui/record'
import { useNow } from '@/ui/Deadline'
import { fromNow } from '@/ui/time'
import classes from './Bell.module.css'
import { notification as texts } from './texts'
import { targetOf, useMarkRead } from './useNotifications'

/** How many notifications are unread, live, and the last ten at hand. */
export function Bell() {
  const t = texts.use()
  const [shown, { toggle, close }] = useDisclosure()
  const query = useQuery(NotificationService.method.listNotifications, { page: { size: 10 } })
  const unread = Number(query.data?.unread ?? 0n)
  const mark = useMarkRead()
  return (
    <Popover
      opened={shown}
      onChange={(open) => !open && close()}
      position="bottom-end"
      width={360}
      shadow="md"
      trapFocus
      returnFocus
      withinPortal
    >
      <Box pos="relative">
        <Popover.Target>
          <ActionIcon
            variant="subtle"
            size="lg"
            color="gray"
            c="var(--mantine-color-text)"
            onClick={toggle}
            aria-label={unread === 0 ? t('bell_none') : t('bell', { count: unread })}
          >
            <Icon name="bell" size={20} />
          </ActionIcon>
        </Popover.Target>
        {unread > 0 && (
          <span className={classes.count} aria-hidden>
            {unread > 99 ? '99+' : unread}
          </span>
        )}
      </Box>
      <Popover.Dropdown maw="96vw" aria-label={t('title')}>
        <Group justify="space-between" mb={4}>
          <LinkAnchor to="/notifications" size="sm" fw={600} onClick={close}>
            {t('all')}
          </LinkAnchor>
          {unread > 0 && (
            <Button
              size="compact-xs"
              variant="default"
              loading={mark.isPending}
              onClick={() => mark.mutate({ all: true })}
            >
              {t('read_all')}
            </Button>
          )}
        </Group>
        <Loaded query={query}>
          {({ notifications: found }) =>
            found.length === 0 ? (
              <Text size="sm">{t('none')}</Text>
            ) : (
              <ScrollArea.Autosize mah={420} type="auto">
                <ul className={classes.list}>
                  {found.map((each) => (
                    <li key={each.id}>
                      <Item notification={each} read={(id) => mark.mutate({ ids: [id] })} close={close} />
                    </li>
                  ))}
                </ul>
              </ScrollArea.Autosize>
            )
          }
        </Loaded>
      </Popover.Dropdown>
    </Popover>
  )
}

function Item({
  notification: each,
  read,
  close,
}: {
  notification: Notification
  read: (id: string) => void
  close: () => void
}) {
  const t = texts.use()
  const now = useNow()
  const openRecord = useOpenRecord()
  const target = targetOf(each)
  return (
    <UnstyledButton
      className={classes.item}
      onClick={() => {
        if (!each.read) read(each.id)
        if (!target) return
        close()
        openRecord(target)
      }}
    >
      <Group justify="space-between" wrap="nowrap" align="flex-start" gap="xs">
        <Text size="sm" fw={each.read ? 400 : 600} className="kite-words">
          {each.title}
        </Text>
        <Text size="xs" ta="end" style={{ whiteSpace: 'nowrap' }}>
          {each.at && fromNow(each.at, now)}
          {!each.read && (
            <>
              <br />
              <b>{t('unread')}</b>
            </>
          )}
        </Text>
      </Group>
      <Text size="xs" className="kite-words" lineClamp={2}>
        {each.text}
      </Text>
    </UnstyledButton>
  )
}
