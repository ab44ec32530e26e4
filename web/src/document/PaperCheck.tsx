import { Button, Card, Checkbox, Group, Select, Stack, Text, Textarea, TextInput } from '@mantine/core'

import type { PaperFields } from '@/gen/kite/task/v1/task_pb'
import { FIELDS_OF, type PaperKind } from './papers'
import { document as texts } from './texts'
import type { PaperWord } from './verdicts'

const TEMPLATES = ['unreadable', 'differs', 'incomplete', 'expired', 'other_person'] as const

/** What was read off one paper, field by field: right, or a remark. */
export function PaperCheck({
  kind,
  fields,
  word,
  onChange,
  locked,
}: {
  kind: PaperKind
  fields: PaperFields | undefined
  word: PaperWord
  onChange: (next: PaperWord) => void
  locked: boolean
}) {
  const t = texts.use()
  const mark = (path: string, right: boolean) => {
    const { [path]: _gone, ...remarks } = word.remarks
    onChange({
      ...word,
      right: right ? [...new Set([...word.right, path])] : word.right.filter((each) => each !== path),
      remarks: right ? remarks : word.remarks,
    })
  }
  const remark = (path: string, text: string) =>
    onChange({
      ...word,
      right: word.right.filter((each) => each !== path),
      remarks: { ...word.remarks, [path]: text },
    })
  return (
    <Card withBorder padding="sm">
      <Stack gap="sm">
        {FIELDS_OF[kind].map(({ name, path }) => {
          const value = fields?.[name]
          const label = t(path as 'color')
          return (
            <Stack gap={2} key={path}>
              <Group justify="space-between" wrap="nowrap" align="flex-start">
                <div>
                  <Text size="xs" c="dimmed">
                    {label}
                  </Text>
                  <Text size="sm" className="kite-words">
                    {value === undefined || value === '' || value === 0 ? '—' : String(value)}
                  </Text>
                </div>
                <Checkbox
                  label={t('ok')}
                  aria-label={`${label}: ${t('ok')}`}
                  disabled={locked}
                  checked={word.right.includes(path)}
                  onChange={(event) => mark(path, event.currentTarget.checked)}
                />
              </Group>
              {!word.right.includes(path) && (
                <TextInput
                  size="xs"
                  aria-label={`${label}: ${t('field_remark')}`}
                  placeholder={t('field_remark')}
                  disabled={locked}
                  maxLength={500}
                  value={word.remarks[path] ?? ''}
                  onChange={(event) => remark(path, event.currentTarget.value)}
                />
              )}
            </Stack>
          )
        })}
        <Select
          label={t('template')}
          disabled={locked}
          clearable
          value={null}
          data={TEMPLATES.map((each) => ({ value: each, label: t(`template_${each}`) }))}
          onChange={(chosen) => {
            const text = TEMPLATES.find((each) => each === chosen)
            if (text)
              onChange({ ...word, remark: [word.remark, t(`template_${text}`)].filter(Boolean).join('. ') })
          }}
        />
        <Textarea
          label={t('remark')}
          autosize
          minRows={1}
          maxRows={6}
          maxLength={2000}
          disabled={locked}
          value={word.remark}
          onChange={(event) => onChange({ ...word, remark: event.currentTarget.value })}
        />
        <Button
          variant="default"
          disabled={locked}
          onClick={() =>
            onChange({ right: FIELDS_OF[kind].map(({ path }) => path), remarks: {}, remark: '' })
          }
        >
          {t('accept_all')}
        </Button>
      </Stack>
    </Card>
  )
}
