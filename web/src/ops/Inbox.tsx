import { useTransport } from '@connectrpc/connect-query'
import { createClient } from '@connectrpc/connect'
import { Badge, Button, Checkbox, Stack, Table, Text } from '@mantine/core'
import { useState } from 'react'

import { readAgain } from '@/api/queries'
import { OpsService } from '@/gen/kite/ops/v1/ops_pb'
import { EmptyState } from '@/ui/EmptyState'
import { LinkAnchor } from '@/ui/links'
import { Loaded } from '@/ui/Loaded'
import { done, failed } from '@/ui/notify'
import { formatTime } from '@/ui/time'
import { usePages } from '@/ui/usePages'
import { WideTable } from '@/ui/WideTable'
import { ops as texts } from './texts'

/** What arrived from outside and what became of it. */
export default function Inbox() {
  const t = texts.use()
  const transport = useTransport()
  const [waiting, setWaiting] = useState(false)
  const query = usePages(OpsService.method.listInbox, { states: waiting ? ['NEW', 'UNMATCHED'] : [] })
  const again = async (id: bigint) => {
    try {
      await createClient(OpsService, transport).retryInbox({ id })
      done(t('again_done'))
      readAgain()
    } catch (error) {
      failed(error)
    }
  }
  return (
    <Stack>
      <Checkbox
        label={t('only_waiting')}
        checked={waiting}
        onChange={(event) => setWaiting(event.currentTarget.checked)}
      />
      <Loaded query={query}>
        {(pages) => {
          const messages = pages.flatMap((page) => page.messages)
          if (messages.length === 0) return <EmptyState kind="none" text={t('none_inbox')} />
          return (
            <>
              <WideTable minWidth={820} label={t('tab_inbox')}>
                <Table>
                  <Table.Thead>
                    <Table.Tr>
                      <Table.Th>{t('source')}</Table.Th>
                      <Table.Th>{t('state')}</Table.Th>
                      <Table.Th>{t('received')}</Table.Th>
                      <Table.Th>{t('attempts')}</Table.Th>
                      <Table.Th>{t('error')}</Table.Th>
                      <Table.Th>{t('run')}</Table.Th>
                      <Table.Th />
                    </Table.Tr>
                  </Table.Thead>
                  <Table.Tbody>
                    {messages.map((message) => (
                      <Table.Tr key={String(message.id)}>
                        <Table.Td>
                          <Text size="sm">{message.source}</Text>
                          <Text
                            size="xs"
                            c="dimmed"
                            className="kite-mono"
                            maw={220}
                            truncate
                            title={message.eventId}
                          >
                            {message.eventId}
                          </Text>
                        </Table.Td>
                        <Table.Td>
                          <Badge
                            variant="light"
                            color={
                              message.state === 'TAKEN' ? 'green' : message.state === 'NEW' ? 'yellow' : 'red'
                            }
                          >
                            {t(message.state as 'NEW')}
                          </Badge>
                          {message.repeats > 0 && (
                            <Text size="xs">{t('repeats', { count: message.repeats })}</Text>
                          )}
                        </Table.Td>
                        <Table.Td>{formatTime(message.receivedAt)}</Table.Td>
                        <Table.Td>
                          {message.attempts}
                          {message.state === 'NEW' && message.nextAttemptAt && (
                            <Text size="xs">{`${t('next')}: ${formatTime(message.nextAttemptAt)}`}</Text>
                          )}
                        </Table.Td>
                        <Table.Td className="kite-words">{message.error}</Table.Td>
                        <Table.Td>
                          {message.buyoutId !== '' && (
                            <LinkAnchor to="/buyouts/$id" params={{ id: message.buyoutId }} size="sm">
                              {message.buyoutId.split(':').at(-1)}
                            </LinkAnchor>
                          )}
                        </Table.Td>
                        <Table.Td>
                          {message.state !== 'TAKEN' && (
                            <Button
                              size="compact-xs"
                              variant="default"
                              onClick={() => void again(message.id)}
                            >
                              {t('again')}
                            </Button>
                          )}
                        </Table.Td>
                      </Table.Tr>
                    ))}
                  </Table.Tbody>
                </Table>
              </WideTable>
              {query.hasNextPage && (
                <Button
                  variant="default"
                  loading={query.isFetchingNextPage}
                  onClick={() => void query.fetchNextPage()}
                >
                  {t('more')}
                </Button>
              )}
            </>
          )
        }}
      </Loaded>
    </Stack>
  )
}
