import { Alert, Button, Group, Select, Stack, Text, Title } from '@mantine/core'
import { useState } from 'react'

import type { Buyout } from '@/gen/kite/buyout/v1/buyout_pb'
import { useCodes, word } from '@/ui/codes'
import { Facts } from '@/ui/Facts'
import { LinkAnchor } from '@/ui/links'
import { formatTime } from '@/ui/time'
import { DefectList } from './DefectList'
import { Gallery } from './Gallery'
import { Identifiers } from './Identifiers'
import { PaintScheme } from './PaintScheme'
import { shown as texts } from './shownTexts'
import { narrowsOf, shotsOf, type Narrow } from './shots'

/** Everything an inspection brought; the latest one first, earlier ones by choice. */
export function InspectionView({ buyout, columns = 1 }: { buyout: Buyout; columns?: 1 | 2 }) {
  const t = texts.use()
  useCodes()
  const count = buyout.inspections.length
  const [chosen, setChosen] = useState<number>()
  const [narrow, setNarrow] = useState<Narrow>()
  const at = chosen !== undefined && chosen < count ? chosen : count - 1
  const submitted = buyout.inspections[at]
  const inspection = submitted?.inspection
  if (!submitted || !inspection) return <Text size="sm">{t('none')}</Text>
  const zone = buyout.summary?.timeZone
  const shots = shotsOf(inspection)
  const element = narrow?.startsWith('element:') ? narrow.slice('element:'.length) : undefined
  const reused = buyout.photoReuse.filter((each) => shots.some((shot) => shot.id === each.fileId))
  const claimed = buyout.car?.identifier ?? buyout.summary?.identifier ?? ''
  const facts = (
    <Stack gap="xs">
      {count > 1 && (
        <Select
          label={t('which')}
          size="xs"
          allowDeselect={false}
          value={String(at)}
          onChange={(next) => {
            setChosen(next === null ? undefined : Number(next))
            setNarrow(undefined)
          }}
          data={buyout.inspections.map((each, index) => ({
            value: String(index),
            label: t('which_line', {
              number: index + 1,
              time: formatTime(each.at, zone),
              name: each.inspector?.name ?? '',
            }),
          }))}
        />
      )}
      <Facts
        rows={[
          [t('mileage'), t('km', { value: inspection.mileageKm.toLocaleString('ru-RU') })],
          [t('inspector'), submitted.inspector?.name],
          [t('handed_in'), formatTime(submitted.at, zone)],
          [t('comment'), inspection.comment],
        ]}
      />
      {reused.length > 0 && (
        <Alert color="red" variant="light" p="xs">
          <Text size="sm" fw={600}>
            {t('reused_title', { count: reused.length })}
          </Text>
          {[...new Set(reused.map((each) => each.buyoutId))].map((id) => (
            <Text key={id} size="sm">
              <LinkAnchor to="/buyouts/$id" params={{ id }} size="sm">
                {`${t('reused_run')}: ${id}`}
              </LinkAnchor>
            </Text>
          ))}
        </Alert>
      )}
    </Stack>
  )
  const photos = (
    <Section title={t('photos')}>
      <Gallery
        shots={shots}
        // An element without photos leaves the gallery as it is; its defects are shown below.
        narrow={narrow !== undefined && narrowsOf(shots).includes(narrow) ? narrow : undefined}
        onNarrow={setNarrow}
        reused={reused.map((each) => each.fileId)}
      />
    </Section>
  )
  const body = (
    <>
      <Section title={t('paint')}>
        <PaintScheme
          inspection={inspection}
          selected={element}
          onSelect={(next) => setNarrow(next && `element:${next}`)}
        />
      </Section>
      <Section title={t('defects')}>
        {element !== undefined && (
          <Group gap="xs">
            <Text size="sm">{t('only', { element: word('element', element) })}</Text>
            <Button size="compact-xs" variant="default" onClick={() => setNarrow(undefined)}>
              {t('show_all')}
            </Button>
          </Group>
        )}
        <DefectList defects={inspection.defects} element={element} />
      </Section>
    </>
  )
  const numbers = (
    <Section title={t('identifiers')}>
      <Identifiers readings={inspection.identifiers} claimed={claimed} />
    </Section>
  )
  if (columns === 2) {
    return (
      <Group align="flex-start" gap="xl">
        <Stack gap="md" flex="1 1 340px" miw={0}>
          {facts}
          {photos}
          {numbers}
        </Stack>
        <Stack gap="md" flex="1 1 340px" miw={0}>
          {body}
        </Stack>
      </Group>
    )
  }
  return (
    <Stack gap="md">
      {facts}
      {photos}
      {numbers}
      {body}
    </Stack>
  )
}

function Section({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <Stack gap="xs" component="section">
      <Title order={3} size="h6">
        {title}
      </Title>
      {children}
    </Stack>
  )
}
