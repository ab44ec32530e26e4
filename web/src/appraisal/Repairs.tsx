import { ActionIcon, Button, Checkbox, Group, Select, Stack, Text } from '@mantine/core'
import { useState } from 'react'

import { codesOf, useCodes, word } from '@/ui/codes'
import { formatMoney } from '@/ui/money'
import { MoneyInput } from '@/ui/MoneyInput'
import { repairTotal, type Line } from './draft'
import classes from './Appraise.module.css'
import { appraisal as texts } from './texts'

/** "Элементы с дефектами": what is mended, and for how much. */
export function Repairs({
  lines,
  onLine,
  onAdd,
  onRemove,
  locked,
  error,
  tried,
}: {
  lines: Line[]
  onLine: (key: string, change: Partial<Line>) => void
  onAdd: (element: string, kind: string) => void
  onRemove: (key: string) => void
  locked: boolean
  error?: string
  /** Sending was tried: what is missing is said. */
  tried: boolean
}) {
  const t = texts.use()
  useCodes()
  return (
    <Stack gap="xs">
      {lines.length === 0 && <Text size="sm">{t('repairs_none')}</Text>}
      {lines.length > 0 && (
        <ul className={classes.lines}>
          {lines.map((line) => {
            const name = `${word('element', line.element)}: ${word('defect', line.kind)}`
            return (
              <li key={line.key} className={classes.repair}>
                <Text size="sm">{name}</Text>
                {line.comment !== '' && (
                  <Text size="xs" className="kite-words">
                    {line.comment}
                  </Text>
                )}
                <Group gap="xs" wrap="nowrap" align="flex-start">
                  <div className={classes.choice}>
                    <Checkbox
                      label={t('fix')}
                      aria-label={`${t('fix')}: ${name}`}
                      checked={line.fix}
                      disabled={locked}
                      onChange={(event) => onLine(line.key, { fix: event.currentTarget.checked })}
                    />
                  </div>
                  <MoneyInput
                    className={classes.cost}
                    aria-label={`${t('cost')}: ${name}`}
                    placeholder={t('cost')}
                    value={line.cost}
                    disabled={locked}
                    onChange={(cost) => onLine(line.key, { cost })}
                    error={tried && line.fix && line.cost === undefined ? t('cost_needed') : undefined}
                  />
                  {line.added && !locked && (
                    <ActionIcon
                      variant="default"
                      size={36}
                      aria-label={`${t('remove')}: ${name}`}
                      title={t('remove')}
                      onClick={() => onRemove(line.key)}
                    >
                      ✕
                    </ActionIcon>
                  )}
                </Group>
              </li>
            )
          })}
        </ul>
      )}
      {lines.length > 0 && (
        <Group justify="space-between" aria-live="polite">
          <Text size="sm" fw={600}>
            {t('repair_total')}
          </Text>
          <Text size="sm" fw={600}>
            {formatMoney(repairTotal(lines))}
          </Text>
        </Group>
      )}
      {error !== undefined && (
        <Text size="sm" c="var(--kite-late)" role="alert">
          {error}
        </Text>
      )}
      {!locked && <AddLine onAdd={onAdd} />}
    </Stack>
  )
}

function AddLine({ onAdd }: { onAdd: (element: string, kind: string) => void }) {
  const t = texts.use()
  const [element, setElement] = useState<string | null>(null)
  const [kind, setKind] = useState<string | null>(null)
  return (
    <Group gap="xs" align="flex-end">
      <Select
        size="xs"
        label={t('element')}
        searchable
        value={element}
        onChange={setElement}
        data={codesOf('element').map((code) => ({ value: code, label: word('element', code) }))}
        flex="1 1 150px"
      />
      <Select
        size="xs"
        label={t('kind')}
        searchable
        value={kind}
        onChange={setKind}
        data={codesOf('defect').map((code) => ({ value: code, label: word('defect', code) }))}
        flex="1 1 130px"
      />
      <Button
        size="xs"
        variant="default"
        disabled={!element || !kind}
        onClick={() => {
          if (!element || !kind) return
          onAdd(element, kind)
          setElement(null)
          setKind(null)
        }}
      >
        {t('add')}
      </Button>
    </Group>
  )
}
