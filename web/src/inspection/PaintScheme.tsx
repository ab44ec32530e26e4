import { Badge, Button, Group, Stack, Table, Text } from '@mantine/core'
import { useId, useState } from 'react'

import type { Inspection } from '@/gen/kite/inspection/v1/inspection_pb'
import { useCodes, word } from '@/ui/codes'
import { PARTS, REAR_WINDOW, WHEELS, type Part } from './car'
import { FACTORY_MOST, paintOf, REPAINT_MOST, sumOf, type Paint } from './thickness'
import classes from './PaintScheme.module.css'
import { shown as texts } from './shownTexts'

const RANGES = [
  ['factory', FACTORY_MOST],
  ['repaint', REPAINT_MOST],
  ['filler', REPAINT_MOST],
] as const

const WORDS = {
  factory: 'factory',
  repaint: 'repaint',
  filler: 'filler',
  unmeasurable: 'unmeasurable',
  none: 'no_reading',
} as const satisfies Record<Paint, string>

/** The car from above with the thickness of paint at each element, in µm; the same as a table. */
export function PaintScheme({
  inspection,
  selected,
  onSelect,
}: {
  inspection: Inspection
  selected?: string
  onSelect?: (element: string | undefined) => void
}) {
  const t = texts.use()
  useCodes()
  const [asTable, setAsTable] = useState(false)
  const sum = sumOf(inspection)
  return (
    <Stack gap="xs">
      <Group justify="space-between" gap="xs">
        <Text size="sm">{sum ? t('paint_sum', { ...sum }) : t('paint_none')}</Text>
        <Button size="compact-xs" variant="default" onClick={() => setAsTable(!asTable)}>
          {t(asTable ? 'paint_scheme_show' : 'paint_table')}
        </Button>
      </Group>
      {asTable ? (
        <PaintTable inspection={inspection} />
      ) : (
        <>
          <Scheme inspection={inspection} selected={selected} onSelect={onSelect} />
          <Group gap="xs" justify="center">
            {RANGES.map(([paint, most]) => (
              <Group key={paint} gap={4}>
                <span className={classes.swatch} data-paint={paint} aria-hidden />
                <Text size="xs">{`${t(paint)} ${t(`${paint}_range`, { most })}`}</Text>
              </Group>
            ))}
          </Group>
          <div className={classes.heard}>
            <PaintTable inspection={inspection} />
          </div>
        </>
      )}
    </Stack>
  )
}

function Scheme({
  inspection,
  selected,
  onSelect,
}: {
  inspection: Inspection
  selected?: string
  onSelect?: (element: string | undefined) => void
}) {
  const t = texts.use()
  const hatch = useId()
  const say = (part: Part) => {
    const reading = inspection.paint.find((each) => each.element === part.element)
    const paint = paintOf(reading)
    const defects = inspection.defects.filter((each) => each.element === part.element).length
    return {
      paint,
      defects,
      microns: reading?.microns,
      label: [
        word('element', part.element),
        ...(reading?.microns === undefined ? [] : [t('microns', { value: reading.microns })]),
        t(WORDS[paint]),
        ...(defects > 0 ? [t('defects_count', { count: defects })] : []),
      ].join(', '),
    }
  }
  return (
    <svg viewBox="0 0 300 520" className={classes.car} role="group" aria-label={t('paint_scheme')}>
      <defs>
        <pattern id={`${hatch}-repaint`} width="7" height="7" patternUnits="userSpaceOnUse">
          <path d="M0 7 L7 0" className={classes.line} />
        </pattern>
        <pattern id={`${hatch}-filler`} width="7" height="7" patternUnits="userSpaceOnUse">
          <path d="M0 7 L7 0 M0 0 L7 7" className={classes.line} />
        </pattern>
      </defs>
      {WHEELS.map(([x, y]) => (
        <rect key={`${x}-${y}`} x={x} y={y} width="16" height="44" rx="6" className={classes.wheel} />
      ))}
      <path d={REAR_WINDOW} className={classes.glass} />
      <text x="150" y="14" className={classes.front} aria-hidden>
        {`▲ ${t('front')}`}
      </text>
      {PARTS.map((part) => {
        const { paint, defects, microns, label } = say(part)
        const turn = part.mirrored ? 'translate(300 0) scale(-1 1)' : undefined
        const glass = part.element === 'WINDSHIELD' && paint === 'none'
        const on = selected === part.element
        const toggle = () => onSelect?.(on ? undefined : part.element)
        const [x, y] = part.at
        const marked = paint === 'repaint' || paint === 'filler'
        return (
          <g
            key={part.element}
            className={classes.part}
            data-paint={glass ? 'glass' : paint}
            data-on={on || undefined}
            {...(onSelect
              ? {
                  role: 'button',
                  tabIndex: 0,
                  'aria-pressed': on,
                  onClick: toggle,
                  onKeyDown: (event: { key: string; preventDefault: () => void }) => {
                    if (event.key !== 'Enter' && event.key !== ' ') return
                    event.preventDefault()
                    toggle()
                  },
                }
              : { role: 'img' })}
            aria-label={label}
          >
            <title>{label}</title>
            <path d={part.path} transform={turn} className={classes.shape} />
            {marked && <path d={part.path} transform={turn} fill={`url(#${hatch}-${paint})`} />}
            <text x={x} y={y + 5} className={classes.value} aria-hidden>
              {microns ?? (paint === 'unmeasurable' ? '?' : glass ? '' : '—')}
            </text>
            {defects > 0 && (
              <g aria-hidden>
                <circle cx={x + 14} cy={y - 24} r="10" className={classes.mark} />
                <text x={x + 14} y={y - 19.5} className={classes.count}>
                  {defects}
                </text>
              </g>
            )}
          </g>
        )
      })}
    </svg>
  )
}

function PaintTable({ inspection }: { inspection: Inspection }) {
  const t = texts.use()
  return (
    <Table verticalSpacing={4}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th scope="col">{t('element')}</Table.Th>
          <Table.Th scope="col">{t('thickness')}</Table.Th>
          <Table.Th scope="col">{t('meaning')}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {inspection.paint.map((reading) => {
          const paint = paintOf(reading)
          return (
            <Table.Tr key={reading.element}>
              <Table.Td>{word('element', reading.element)}</Table.Td>
              <Table.Td>
                {reading.microns === undefined ? '—' : t('microns', { value: reading.microns })}
              </Table.Td>
              <Table.Td>
                <Badge variant="default" className={classes.badge} data-paint={paint}>
                  {t(WORDS[paint])}
                </Badge>
                {reading.unmeasurableReason !== '' && (
                  <Text span size="sm" className="kite-words">{` ${reading.unmeasurableReason}`}</Text>
                )}
              </Table.Td>
            </Table.Tr>
          )
        })}
      </Table.Tbody>
    </Table>
  )
}
