import { Button, Card, Checkbox, Group, SimpleGrid, Stack, Text, TextInput } from '@mantine/core'
import type { KeyboardEvent } from 'react'

import type { Template } from '@/gen/kite/inspection/v1/inspection_pb'
import { useCodes, word } from '@/ui/codes'
import { anchorOf, NO_PAINT, paintZone, wholeNumber, type Draft, type PaintDraft } from './draft'
import classes from './Paint.module.css'
import { capital } from './Photos'
import { inspection as texts } from './texts'

const WHY = ['why_plastic', 'why_film', 'why_dirt', 'why_access'] as const

interface Props {
  template: Template
  value: Draft['paint']
  onChange: (element: string, change: Partial<PaintDraft>) => void
}

/** Thickness of the paint, element by element. */
export function Paint(props: Props) {
  const t = texts.use()
  useCodes()
  const read = props.template.paintedElements.flatMap((element) => {
    const reading = props.value[element] ?? NO_PAINT
    const um = reading.unmeasurable ? undefined : wholeNumber(reading.microns)
    return um === undefined ? [] : [um]
  })
  return (
    <Stack gap="sm">
      <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }} spacing="sm">
        {props.template.paintedElements.map((element) => (
          <Element key={element} element={element} {...props} />
        ))}
      </SimpleGrid>
      {read.length > 1 && (
        <Text size="sm" role="status">
          {t('paint_summary', {
            min: Math.min(...read),
            max: Math.max(...read),
            average: Math.round(read.reduce((sum, um) => sum + um, 0) / read.length),
          })}
        </Text>
      )}
    </Stack>
  )
}

function Element({ element, template, value, onChange }: Props & { element: string }) {
  const t = texts.use()
  const reading = value[element] ?? NO_PAINT
  const title = capital(word('element', element))
  const um = wholeNumber(reading.microns)
  const wrong =
    reading.microns.trim() !== '' &&
    (um === undefined || um < template.paintMinUm || um > template.paintMaxUm)
  return (
    <Card withBorder padding="xs" id={anchorOf('paint', element)} style={{ scrollMarginTop: 64 }}>
      <Stack gap={6}>
        {reading.unmeasurable ? (
          <Reason element={element} reading={reading} onChange={onChange} />
        ) : (
          <TextInput
            label={title}
            size="md"
            inputMode="numeric"
            enterKeyHint="next"
            autoComplete="off"
            maxLength={6}
            data-paint
            rightSection={
              <Text size="sm" c="var(--mantine-color-text)">
                {t('um')}
              </Text>
            }
            rightSectionWidth={52}
            value={reading.microns}
            error={
              wrong
                ? t('lack_paint_range', {
                    item: word('element', element),
                    min: template.paintMinUm,
                    max: template.paintMaxUm,
                  })
                : undefined
            }
            onKeyDown={toNext}
            onChange={(event) => onChange(element, { microns: event.currentTarget.value })}
          />
        )}
        {!reading.unmeasurable && um !== undefined && !wrong && <Scale um={um} />}
        <Checkbox
          size="md"
          label={t('unmeasurable')}
          aria-label={`${t('unmeasurable')}: ${title}`}
          checked={reading.unmeasurable}
          onChange={(event) => onChange(element, { unmeasurable: event.currentTarget.checked })}
        />
      </Stack>
    </Card>
  )
}

function Reason({
  element,
  reading,
  onChange,
}: Pick<Props, 'onChange'> & { element: string; reading: PaintDraft }) {
  const t = texts.use()
  return (
    <Stack gap={6}>
      <TextInput
        label={t('unmeasurable_why', { element: word('element', element) })}
        size="md"
        maxLength={200}
        value={reading.reason}
        onChange={(event) => onChange(element, { reason: event.currentTarget.value })}
      />
      <Group gap={6}>
        {WHY.map((why) => (
          <Button
            key={why}
            size="compact-md"
            variant="default"
            onClick={() => onChange(element, { reason: t(why) })}
          >
            {t(why)}
          </Button>
        ))}
      </Group>
    </Stack>
  )
}

/** Where a thickness lies, in colour and in words. */
export function Scale({ um }: { um: number }) {
  const t = texts.use()
  return (
    <div>
      <div className={classes.scale} aria-hidden>
        <div className={classes.mark} style={{ left: `${Math.min(100, um / 5)}%` }} />
      </div>
      <Text size="xs" mt={4}>
        {t(`zone_${paintZone(um)}`)}
      </Text>
    </div>
  )
}

/** Enter on a numeric pad leads to the next element that is measured. */
function toNext(event: KeyboardEvent<HTMLInputElement>): void {
  if (event.key !== 'Enter') return
  event.preventDefault()
  const fields = [...document.querySelectorAll<HTMLInputElement>('input[data-paint]')]
  const next = fields[fields.indexOf(event.currentTarget) + 1]
  if (next) next.focus()
  else event.currentTarget.blur()
}
