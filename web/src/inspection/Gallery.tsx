import { Badge, Chip, Group, Stack, Text } from '@mantine/core'
import { useState } from 'react'

import { useCodes, word } from '@/ui/codes'
import { FileThumb } from '@/ui/FileView'
import classes from './Gallery.module.css'
import { shown as texts } from './shownTexts'
import { nameOf, narrowed, narrowsOf, type Narrow, type Shot } from './shots'
import { FullView } from './FullView'

/** Photos in small, by angle, number or body part; any of them opens in the viewer. */
export function Gallery({
  shots,
  narrow,
  onNarrow,
  reused = [],
}: {
  shots: Shot[]
  narrow: Narrow | undefined
  onNarrow: (narrow: Narrow | undefined) => void
  /** Photos that were used in another inspection before. */
  reused?: string[]
}) {
  const t = texts.use()
  useCodes()
  const [open, setOpen] = useState<number>()
  const narrows = narrowsOf(shots)
  const active = narrow !== undefined && narrows.includes(narrow) ? narrow : undefined
  const list = narrowed(shots, active)
  const title = (each: Narrow) =>
    each.startsWith('element:') ? word('element', each.slice(8)) : t(each === 'angle' ? 'angle' : 'place')
  if (shots.length === 0) return <Text size="sm">{t('photos_none')}</Text>
  return (
    <Stack gap="xs">
      {narrows.length > 1 && (
        <Chip.Group value={active ?? ''} onChange={(next) => onNarrow(next === '' ? undefined : next)}>
          <Group gap={6} role="group" aria-label={t('narrow')}>
            <Chip value="" size="xs">
              {t('all')}
            </Chip>
            {narrows.map((each) => (
              <Chip key={each} value={each} size="xs">
                {title(each)}
              </Chip>
            ))}
          </Group>
        </Chip.Group>
      )}
      <ul className={classes.grid}>
        {list.map((shot, index) => (
          <li key={shot.id} className={classes.cell}>
            <FileThumb id={shot.id} name={nameOf(shot)} size="100%" onOpen={() => setOpen(index)} />
            <Text size="xs" lineClamp={2}>
              {nameOf(shot)}
            </Text>
            {reused.includes(shot.id) && (
              <Badge variant="outline" color="gray" size="sm" className={classes.mark}>
                {t('reused')}
              </Badge>
            )}
          </li>
        ))}
      </ul>
      {open !== undefined && (
        <FullView
          photos={list.map((shot) => ({ id: shot.id, name: nameOf(shot) }))}
          at={open}
          onClose={() => setOpen(undefined)}
        />
      )}
    </Stack>
  )
}
