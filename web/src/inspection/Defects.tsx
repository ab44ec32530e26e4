import { Button, Card, Group, NativeSelect, SimpleGrid, Stack, Text, Textarea, Title } from '@mantine/core'

import { codesOf, useCodes, word } from '@/ui/codes'
import { FileDrop } from '@/ui/FileDrop'
import { doneWithUndo } from '@/ui/notify'
import { anchorOf, type DefectDraft } from './draft'
import { capital } from './Photos'
import { inspection as texts } from './texts'

interface Props {
  value: DefectDraft[]
  onChange: (change: (old: DefectDraft[]) => DefectDraft[]) => void
  buyoutId: string
  slot: string
}

/** What is wrong with the car: where, what, how it looks. */
export function Defects({ value, onChange, buyoutId, slot }: Props) {
  const t = texts.use()
  useCodes()
  const change = (key: string, to: Partial<DefectDraft>) =>
    onChange((old) => old.map((defect) => (defect.key === key ? { ...defect, ...to } : defect)))
  const remove = (defect: DefectDraft, index: number) => {
    onChange((old) => old.filter((each) => each.key !== defect.key))
    doneWithUndo(t('defect_removed'), () =>
      onChange((old) => [...old.slice(0, index), defect, ...old.slice(index)]),
    )
  }
  const add = () =>
    onChange((old) => [...old, { key: crypto.randomUUID(), element: '', kind: '', comment: '', photos: [] }])
  return (
    <Stack gap="sm">
      {value.length === 0 && <Text size="sm">{t('defects_none')}</Text>}
      {value.map((defect, index) => (
        <Defect
          key={defect.key}
          number={index + 1}
          defect={defect}
          change={(to) => change(defect.key, to)}
          remove={() => remove(defect, index)}
          buyoutId={buyoutId}
          slot={`${slot}/defect/${defect.key}`}
        />
      ))}
      <Button size="md" variant="default" onClick={add} w={{ base: '100%', sm: 'fit-content' }}>
        {t('defect_add')}
      </Button>
    </Stack>
  )
}

function Defect({
  number,
  defect,
  change,
  remove,
  buyoutId,
  slot,
}: {
  number: number
  defect: DefectDraft
  change: (to: Partial<DefectDraft>) => void
  remove: () => void
  buyoutId: string
  slot: string
}) {
  const t = texts.use()
  const options = (group: 'element' | 'defect') => [
    { value: '', label: t('choose') },
    ...codesOf(group).map((code) => ({ value: code, label: capital(word(group, code)) })),
  ]
  return (
    <Card withBorder padding="xs" id={anchorOf('defects', defect.key)} style={{ scrollMarginTop: 64 }}>
      <Stack gap="xs">
        <Group justify="space-between">
          <Title order={3} size="h5">
            {t('defect_number', { number })}
          </Title>
          <Button
            variant="subtle"
            color="red"
            size="compact-md"
            aria-label={t('defect_remove', { number })}
            onClick={remove}
          >
            ✕
          </Button>
        </Group>
        <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="xs">
          <NativeSelect
            size="md"
            label={t('defect_element')}
            required
            data={options('element')}
            value={defect.element}
            onChange={(event) => change({ element: event.currentTarget.value })}
          />
          <NativeSelect
            size="md"
            label={t('defect_kind')}
            required
            data={options('defect')}
            value={defect.kind}
            onChange={(event) => change({ kind: event.currentTarget.value })}
          />
        </SimpleGrid>
        <Textarea
          size="md"
          label={t('defect_comment')}
          autosize
          minRows={1}
          maxRows={8}
          maxLength={4000}
          value={defect.comment}
          onChange={(event) => change({ comment: event.currentTarget.value })}
        />
        <FileDrop
          label={t('defect_photos', { number })}
          slot={slot}
          buyoutId={buyoutId}
          kind="PHOTO"
          value={defect.photos}
          onChange={(photos) => change({ photos })}
        />
      </Stack>
    </Card>
  )
}
