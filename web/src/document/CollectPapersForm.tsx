import { Alert, Button, Card, Group, List, SimpleGrid, Stack, Text, TextInput, Title } from '@mantine/core'

import { useDraft } from '@/app/useDraft'
import { REQUISITES_PATHS } from '@/payment/paths'
import { RequisitesFields } from '@/payment/RequisitesFields'
import type { FormProps } from '@/task/form'
import { useCodes, word } from '@/ui/codes'
import { fieldError, otherErrors } from '@/ui/fieldError'
import { FileDrop } from '@/ui/FileDrop'
import { FormErrors } from '@/ui/FormErrors'
import { Unfinished } from '@/ui/Unfinished'
import { useUnfinished } from '@/ui/uploads'
import { ALL_FIELDS, FIELDS, missing, PAPERS, papersDraft, papersMessage, type PapersDraft } from './papers'
import { document as texts } from './texts'

const PATHS = [...ALL_FIELDS.map(({ path }) => `fields.${path}`), ...REQUISITES_PATHS]

/** The manager collects scans, what they say, and where the money goes. */
export default function CollectPapersForm({ task, buyout, decision }: FormProps) {
  const t = texts.use()
  useCodes()
  const [draft, setDraft, clear] = useDraft<PapersDraft>(`papers:${task.id}`, () => papersDraft(buyout))
  const gaps = missing(draft)
  const locked = decision.refusal !== ''
  const uploading = useUnfinished(`${task.buyoutId}/SCAN/`, true)
  const submit = async () => {
    if (await decision.decide({ case: 'submitPapers', value: papersMessage(draft) })) clear()
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        void submit()
      }}
    >
      <Stack>
        <Remarks buyout={buyout} />
        <Card withBorder padding="sm">
          <Title order={2} size="h5" mb="xs">
            {t('scans')}
          </Title>
          <SimpleGrid cols={{ base: 1, sm: 2 }}>
            {PAPERS.map((kind) => (
              <FileDrop
                key={kind}
                buyoutId={task.buyoutId}
                kind="SCAN"
                label={word('paper', kind)}
                disabled={locked}
                value={draft.files[kind] ?? []}
                onChange={(ids) => setDraft((old) => ({ ...old, files: { ...old.files, [kind]: ids } }))}
              />
            ))}
          </SimpleGrid>
        </Card>
        <Card withBorder padding="sm">
          <Title order={2} size="h5" mb="xs">
            {t('fields')}
          </Title>
          <Stack gap="md">
            {(Object.keys(FIELDS) as (keyof typeof FIELDS)[]).map((section) => (
              <fieldset key={section} className="kite-fieldset">
                <Text component="legend" size="sm" fw={600}>
                  {t(section)}
                </Text>
                <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }}>
                  {FIELDS[section].map(({ name, path, type, required }) => (
                    <TextInput
                      key={name}
                      label={t(path as 'color')}
                      withAsterisk={required}
                      type={type === 'date' ? 'date' : 'text'}
                      inputMode={type === 'number' ? 'numeric' : undefined}
                      autoComplete="off"
                      disabled={locked}
                      value={draft.fields[name] ?? ''}
                      error={fieldError(decision.errors, `fields.${path}`)}
                      onChange={(event) => {
                        const value = event.currentTarget.value
                        setDraft((old) => ({ ...old, fields: { ...old.fields, [name]: value } }))
                      }}
                    />
                  ))}
                </SimpleGrid>
              </fieldset>
            ))}
          </Stack>
        </Card>
        <Card withBorder padding="sm">
          <Title order={2} size="h5" mb="xs">
            {t('requisites')}
          </Title>
          <RequisitesFields
            value={draft.requisites}
            onChange={(change) =>
              setDraft((old) => ({ ...old, requisites: { ...old.requisites, ...change } }))
            }
            errors={decision.errors}
            disabled={locked}
            buyout={buyout}
          />
        </Card>
        {gaps.papers.length + gaps.fields.length > 0 && (
          <Alert variant="light" title={t('missing')}>
            <List size="sm">
              {gaps.papers.map((kind) => (
                <List.Item key={kind}>{t('missing_scan', { paper: word('paper', kind) })}</List.Item>
              ))}
              {gaps.fields.map((path) => (
                <List.Item key={path}>{t('missing_field', { field: t(path as 'color') })}</List.Item>
              ))}
            </List>
          </Alert>
        )}
        <FormErrors errors={otherErrors(decision.errors, PATHS)} />
        <Group justify="flex-end">
          <Unfinished count={uploading} />
          <Button type="submit" loading={decision.busy} disabled={locked || uploading > 0}>
            {t('submit')}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

/** What the verifier said of the papers that came back. */
function Remarks({ buyout }: Pick<FormProps, 'buyout'>) {
  const t = texts.use()
  const returned = buyout.paperVerdicts.filter((verdict) => !verdict.accepted)
  if (returned.length === 0) return null
  return (
    <Alert color="orange" variant="light" title={t('remarks')}>
      <List size="sm">
        {returned.map((verdict) => (
          <List.Item key={verdict.kind} className="kite-words">
            {word('paper', verdict.kind)}: {verdict.remark}
          </List.Item>
        ))}
      </List>
    </Alert>
  )
}
