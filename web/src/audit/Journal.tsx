import { createClient } from '@connectrpc/connect'
import { useTransport } from '@connectrpc/connect-query'
import { Button, Group, Stack, Table, Text } from '@mantine/core'
import { useState } from 'react'

import { AuditService, type AuditEntry } from '@/gen/kite/audit/v1/audit_pb'
import { useMe } from '@/session/use'
import { confirmReason } from '@/ui/confirmReason'
import { EmptyState } from '@/ui/EmptyState'
import { LinkAnchor } from '@/ui/links'
import { Loaded } from '@/ui/Loaded'
import { done } from '@/ui/notify'
import { saveFile } from '@/ui/saveStream'
import { formatTime } from '@/ui/time'
import { usePages } from '@/ui/usePages'
import { WideTable } from '@/ui/WideTable'
import { detailLines, EVERYTHING, request } from './filter'
import { JournalFilter } from './JournalFilter'
import { audit as texts } from './texts'

/** Who did what and read whose data, by filters, the latest first. */
export default function Journal() {
  const t = texts.use()
  const me = useMe()
  const [filter, setFilter] = useState(EVERYTHING)
  const query = usePages(AuditService.method.searchAudit, request(filter))
  return (
    <Stack>
      <Group justify="space-between" align="flex-start">
        <Text size="sm" maw={640}>
          {t('intro')}
        </Text>
        {me.may('kite.audit.v1.AuditService/ExportAudit') && <Export />}
      </Group>
      <JournalFilter change={setFilter} />
      <Loaded query={query}>
        {(pages) => {
          const entries = pages.flatMap((page) => page.entries)
          if (entries.length === 0) {
            return <EmptyState kind={filter === EVERYTHING ? 'none' : 'filtered'} text={t('none')} />
          }
          return (
            <>
              <WideTable minWidth={860} label={t('entries')}>
                <Table>
                  <Table.Thead>
                    <Table.Tr>
                      <Table.Th>{t('at')}</Table.Th>
                      <Table.Th>{t('who')}</Table.Th>
                      <Table.Th>{t('action')}</Table.Th>
                      <Table.Th>{t('entity')}</Table.Th>
                      <Table.Th>{t('detail')}</Table.Th>
                    </Table.Tr>
                  </Table.Thead>
                  <Table.Tbody>
                    {entries.map((entry) => (
                      <Entry key={`${entry.chain} ${entry.seq}`} entry={entry} />
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

function Entry({ entry }: { entry: AuditEntry }) {
  const t = texts.use()
  return (
    <Table.Tr data-action={entry.action}>
      <Table.Td>
        {formatTime(entry.at)}
        <Text size="xs" c="dimmed" title={t('hash', { hash: entry.hash })}>
          {t('place', { seq: entry.seq, chain: entry.chain })}
        </Text>
      </Table.Td>
      <Table.Td>
        {entry.person?.name || t('system')}
        {entry.person && (
          <Text size="xs" c="dimmed" className="kite-mono">
            {entry.person.id}
          </Text>
        )}
      </Table.Td>
      <Table.Td className="kite-mono">{entry.action}</Table.Td>
      <Table.Td className="kite-words">
        {entry.buyoutId !== '' ? (
          <LinkAnchor to="/buyouts/$id" params={{ id: entry.buyoutId }} size="sm">
            {entry.entity}
          </LinkAnchor>
        ) : (
          entry.entity
        )}
      </Table.Td>
      <Table.Td className="kite-words">
        {detailLines(entry.detail).map((line) => (
          <Text key={line} size="xs">
            {line}
          </Text>
        ))}
      </Table.Td>
    </Table.Tr>
  )
}

/** The whole trail as JSON lines, to be checked elsewhere. */
function Export() {
  const t = texts.use()
  const client = createClient(AuditService, useTransport())
  const ask = () =>
    confirmReason({
      title: t('export_title'),
      text: t('export_text'),
      confirm: t('export'),
      reason: 'none',
      run: async () => {
        const parts: BlobPart[] = []
        for await (const { chunk } of client.exportAudit({}, { timeoutMs: 0 })) {
          parts.push(new Uint8Array(chunk))
        }
        const name = `audit-${new Date().toISOString().slice(0, 10)}.jsonl`
        saveFile(name, new Blob(parts, { type: 'application/jsonl' }))
        done(t('exported', { name }))
      },
    })
  return (
    <Button size="xs" variant="default" onClick={ask}>
      {t('export')}
    </Button>
  )
}
