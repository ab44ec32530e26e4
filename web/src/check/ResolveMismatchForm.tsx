import { Alert, Card, Grid, Group, Stack, Text, Title } from '@mantine/core'
import { useState } from 'react'

import type { Buyout, Mismatch } from '@/gen/kite/buyout/v1/buyout_pb'
import { Identifiers, Marked } from '@/inspection/Identifiers'
import { compare } from '@/inspection/numbers'
import { FullView } from '@/inspection/FullView'
import type { FormProps } from '@/task/form'
import { useCodes, word } from '@/ui/codes'
import { FileThumb } from '@/ui/FileView'
import { LinkAnchor } from '@/ui/links'
import { formatTime } from '@/ui/time'
import { ChoiceForm, type Choice } from './ChoiceForm'
import { readingOf } from './reading'
import { mismatchDecision, type MismatchCode } from './resolutions'
import { check as texts } from './texts'

/** Security: which numbers differ, in which characters, with the photos they were read from. */
export default function ResolveMismatchForm({ task, buyout, decision }: FormProps) {
  const t = texts.use()
  const choices: Choice<MismatchCode>[] = (['REINSPECT', 'ACCEPT', 'REFUSE'] as const).map((code) => ({
    code,
    label: t(`mismatch_${code}`),
    text: t(`mismatch_${code}_text`),
    reason: true,
    confirm: code === 'REFUSE' ? t('mismatch_REFUSE_confirm') : undefined,
  }))
  return (
    <Grid>
      <Grid.Col span={{ base: 12, md: 7 }}>
        <Differences buyout={buyout} />
      </Grid.Col>
      <Grid.Col span={{ base: 12, md: 5 }}>
        <ChoiceForm
          draft={`mismatch:${task.id}`}
          choices={choices}
          decision={decision}
          send={(code, reason) => decision.decide(mismatchDecision(code, reason))}
        />
      </Grid.Col>
    </Grid>
  )
}

function Differences({ buyout }: { buyout: Buyout }) {
  const t = texts.use()
  useCodes()
  const [open, setOpen] = useState<{ id: string; name: string }>()
  const last = buyout.inspections.at(-1)?.inspection
  const claimed = buyout.car?.identifier ?? buyout.summary?.identifier ?? ''
  const zone = buyout.summary?.timeZone
  return (
    <Stack>
      <Card withBorder padding="sm">
        <Stack gap="sm">
          <Title order={2} size="h5">
            {buyout.mismatches.length > 0
              ? t('mismatch_count', { count: buyout.mismatches.length })
              : t('mismatch_none')}
          </Title>
          {buyout.car?.identifierWarning && (
            <Alert color="yellow" variant="light" p="xs">
              {buyout.car.identifierWarning}
            </Alert>
          )}
          {buyout.mismatches.map((mismatch, index) => {
            const reading = readingOf(mismatch, last?.identifiers ?? [])
            const name = `${mismatch.source}: ${mismatch.found}`
            return (
              <Group key={index} gap="sm" align="flex-start" wrap="nowrap">
                {reading && reading.photoFileId !== '' && (
                  <FileThumb
                    id={reading.photoFileId}
                    name={name}
                    size={132}
                    onOpen={() => setOpen({ id: reading.photoFileId, name })}
                  />
                )}
                <Difference mismatch={mismatch} absent={reading?.absent === true} />
              </Group>
            )
          })}
        </Stack>
      </Card>
      <Card withBorder padding="sm">
        <Stack gap="xs">
          <Title order={2} size="h5">
            {t('all_numbers')}
          </Title>
          <Identifiers readings={last?.identifiers ?? []} claimed={claimed} />
        </Stack>
      </Card>
      {buyout.sameCar.length > 0 && (
        <Card withBorder padding="sm">
          <Title order={2} size="h5" mb="xs">
            {t('same_car')}
          </Title>
          {buyout.sameCar.map((run) => (
            <Text size="sm" key={run.id}>
              <LinkAnchor to="/buyouts/$id" params={{ id: run.id }} size="sm" underline="always">
                {run.car || run.id}
              </LinkAnchor>
              {`, ${word('stage', run.stage)}, ${formatTime(run.startedAt, zone)}`}
            </Text>
          ))}
        </Card>
      )}
      {open && <FullView photos={[open]} at={0} onClose={() => setOpen(undefined)} />}
    </Stack>
  )
}

function Difference({ mismatch, absent }: { mismatch: Mismatch; absent: boolean }) {
  const t = texts.use()
  const { expected, found, places } = compare(mismatch.expected, mismatch.found)
  return (
    <Stack gap={2}>
      <Text size="sm" fw={600}>
        {mismatch.source}
      </Text>
      <Text size="sm">
        {`${t('expected')}: `}
        {absent ? <span className="kite-mono">{mismatch.expected}</span> : <Marked pieces={expected} />}
      </Text>
      <Text size="sm">
        {`${t('found')}: `}
        {absent ? <b>{t('absent')}</b> : <Marked pieces={found} />}
      </Text>
      {!absent && places.length > 0 && (
        <Text size="xs">{t('differs_at', { places: places.join(', ') })}</Text>
      )}
    </Stack>
  )
}
