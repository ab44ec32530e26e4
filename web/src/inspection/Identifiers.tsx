import { Badge, Group, Stack, Text } from '@mantine/core'
import { useState } from 'react'

import type { IdentifierReading } from '@/gen/kite/inspection/v1/inspection_pb'
import { useCodes, word } from '@/ui/codes'
import { FileThumb } from '@/ui/FileView'
import classes from './Identifiers.module.css'
import { compare, type Piece } from './numbers'
import { shown as texts } from './shownTexts'
import { FullView } from './FullView'

/** Every number read off the car and its papers, beside that of the deal. */
export function Identifiers({ readings, claimed }: { readings: IdentifierReading[]; claimed: string }) {
  const t = texts.use()
  useCodes()
  const [open, setOpen] = useState<number>()
  if (readings.length === 0) return <Text size="sm">{t('identifiers_none')}</Text>
  const photographed = readings.filter((each) => each.photoFileId !== '')
  return (
    <Stack gap="xs">
      <Text size="sm">
        {`${t('deal')}: `}
        <Text span className="kite-mono" fw={600}>
          {claimed}
        </Text>
      </Text>
      <ul className={classes.list}>
        {readings.map((reading, index) => (
          <li key={`${reading.place}-${index}`} className={classes.line}>
            {reading.photoFileId === '' ? (
              <Text size="xs" className={classes.none}>
                {t('no_photo')}
              </Text>
            ) : (
              <FileThumb
                id={reading.photoFileId}
                name={word('place', reading.place)}
                size={76}
                onOpen={() => setOpen(photographed.indexOf(reading))}
              />
            )}
            <Stack gap={2}>
              <Text size="xs">{word('place', reading.place)}</Text>
              <Pair expected={claimed} found={reading.absent ? undefined : reading.value} />
            </Stack>
          </li>
        ))}
      </ul>
      {open !== undefined && (
        <FullView
          photos={photographed.map((each) => ({
            id: each.photoFileId,
            name: `${word('place', each.place)} ${each.absent ? '' : each.value}`.trim(),
          }))}
          at={open}
          onClose={() => setOpen(undefined)}
        />
      )}
    </Stack>
  )
}

/** A number as it was read, its differences from the expected one marked; absent without one. */
function Pair({ expected, found }: { expected: string; found: string | undefined }) {
  const t = texts.use()
  if (found === undefined) return <Verdict same={false} text={t('absent')} />
  const { same, found: pieces, places } = compare(expected, found)
  return (
    <>
      <Group gap={6}>
        <Marked pieces={pieces} />
        <Verdict same={same} text={t(same ? 'matches' : 'differs')} />
      </Group>
      {places.length > 0 && <Text size="xs">{t('differs_at', { places: places.join(', ') })}</Text>}
    </>
  )
}

/** A number with the characters that differ underlined and set off. */
export function Marked({ pieces }: { pieces: Piece[] }) {
  return (
    <Text span className="kite-mono kite-words">
      {pieces.map((piece, index) =>
        piece.differs ? (
          <mark key={index} className={classes.differs}>
            {piece.text}
          </mark>
        ) : (
          <span key={index}>{piece.text}</span>
        ),
      )}
    </Text>
  )
}

function Verdict({ same, text }: { same: boolean; text: string }) {
  return (
    <Badge variant="light" color={same ? 'green' : 'red'} className={classes.verdict} data-same={same}>
      {`${same ? '✓' : '✕'} ${text}`}
    </Badge>
  )
}
