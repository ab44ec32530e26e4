import { Card, Group, Loader, Stack, Table, Text, Title } from '@mantine/core'

import type { FormProps } from '@/task/form'
import { useCodes, word } from '@/ui/codes'
import { useNow } from '@/ui/Deadline'
import { formatTime, fromNow } from '@/ui/time'
import { ChoiceForm, type Choice } from './ChoiceForm'
import { sourcesDecision, type SourcesCode } from './resolutions'
import { silent, type Silent } from './sources'
import { check as texts } from './texts'

/** Sources are silent: ask them again, go on without, or end the deal. */
export default function DecideSourcesForm({ task, buyout, decision }: FormProps) {
  const t = texts.use()
  useCodes()
  const rows = silent(buyout)
  // Once money is next the process refuses to go on without these.
  const blocking = buyout.summary?.stage === 'RECHECK' ? rows.filter((each) => each.blocks) : []
  const choices: Choice<SourcesCode>[] = [
    {
      code: 'ASK_AGAIN',
      label: t('sources_ASK_AGAIN'),
      text: t('sources_ASK_AGAIN_text'),
      reason: false,
    },
    {
      code: 'PROCEED',
      label: t('sources_PROCEED'),
      text: t('sources_PROCEED_text'),
      reason: true,
      blocked:
        blocking.length > 0
          ? t('sources_PROCEED_blocked', {
              kinds: blocking.map(({ kind }) => word('check', kind)).join(', '),
            })
          : undefined,
    },
    {
      code: 'STOP',
      label: t('sources_STOP'),
      text: t('sources_STOP_text'),
      reason: true,
      confirm: t('sources_STOP_confirm'),
    },
  ]
  return (
    <Stack>
      <Card withBorder padding="sm">
        <Stack gap="xs">
          <Title order={2} size="h5">
            {t('sources')}
          </Title>
          {rows.length === 0 && <Text size="sm">{t('sources_none')}</Text>}
          {rows.map((row) => (
            <SilentSource key={row.kind} row={row} zone={buyout.summary?.timeZone} />
          ))}
        </Stack>
      </Card>
      <ChoiceForm
        draft={`sources:${task.id}`}
        choices={choices}
        decision={decision}
        send={(code, reason) => decision.decide(sourcesDecision(code, reason))}
      />
    </Stack>
  )
}

/** One silent source: since when, what it said instead, whether money may go without it. */
function SilentSource({ row, zone }: { row: Silent; zone?: string }) {
  const t = texts.use()
  const now = useNow()
  return (
    <Table variant="vertical" layout="fixed" withTableBorder>
      <Table.Tbody>
        <Table.Tr>
          <Table.Th w={150} scope="row">
            {t('source')}
          </Table.Th>
          <Table.Td>
            <Group gap={6}>
              <b>{word('check', row.kind)}</b>
              {row.asking && (
                <Group gap={4} role="status">
                  <Loader size={14} />
                  {t('asking')}
                </Group>
              )}
            </Group>
          </Table.Td>
        </Table.Tr>
        <Table.Tr>
          <Table.Th scope="row">{t('silent_since')}</Table.Th>
          <Table.Td>
            {row.since ? `${formatTime(row.since, zone)} (${fromNow(row.since, now)})` : t('never_asked')}
          </Table.Td>
        </Table.Tr>
        <Table.Tr>
          <Table.Th scope="row">{t('blocks')}</Table.Th>
          <Table.Td fw={row.blocks ? 600 : undefined}>{t(row.blocks ? 'blocks_yes' : 'blocks_no')}</Table.Td>
        </Table.Tr>
        {row.why.length > 0 && (
          <Table.Tr>
            <Table.Th scope="row">{t('why')}</Table.Th>
            <Table.Td className="kite-words">{row.why.join('\n')}</Table.Td>
          </Table.Tr>
        )}
      </Table.Tbody>
    </Table>
  )
}
