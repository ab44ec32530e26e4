import { Alert, Card, Grid, Stack, Text, Title } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'

import type { Buyout, Mismatch } from '@/gen/kite/buyout/v1/buyout_pb'
import type { IdentifierReading } from '@/gen/kite/inspection/v1/inspection_pb'
import codes from '@/i18n/ru/codes.json'
import { Identifiers, Marked } from '@/inspection/Identifiers'
import { compare } from '@/inspection/numbers'
import { Viewer } from '@/inspection/Viewer'
import type { FormProps } from '@/task/form'
import { useCodes, word } from '@/ui/codes'
import { FileThumb } from '@/ui/FileView'
import { formatTime } from '@/ui/time'
import { ChoiceForm, type Choice } from './ChoiceForm'
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

/** The server names the place in Russian; its photo is found by that name and by what was read there. */
export function readingOf(mismatch: Mismatch, readings: IdentifierReading[]): IdentifierReading | undefined {
  const titles: Record<string, string> = codes
  const there = readings.filter((each) => titles[`place.${each.place}`] === mismatch.source)
  return there.find((each) => each.value === mismatch.found) ?? there[0]
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
              <Grid key={index} gap="sm" align="flex-start">
                <Grid.Col span={{ base: 12, xs: 'content' }}>
                  {reading && reading.photoFileId !== '' && (
                    <FileThumb
                      id={reading.photoFileId}
                      name={name}
                      size={160}
                      onOpen={() => setOpen({ id: reading.photoFileId, name })}
                    />
                  )}
                </Grid.Col>
                <Grid.Col span={{ base: 12, xs: 'auto' }}>
                  <Difference mismatch={mismatch} absent={reading?.absent === true} />
                </Grid.Col>
              </Grid>
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
              <Link to="/buyouts/$id" params={{ id: run.id }}>
                {run.car || run.id}
              </Link>
              {`, ${word('stage', run.stage)}, ${formatTime(run.startedAt, zone)}`}
            </Text>
          ))}
        </Card>
      )}
      {open && <Viewer photos={[open]} at={0} onClose={() => setOpen(undefined)} />}
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
