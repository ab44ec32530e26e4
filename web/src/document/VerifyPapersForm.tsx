import { Badge, Button, Grid, Group, Stack, Tabs } from '@mantine/core'
import { useState } from 'react'

import { useDraft } from '@/app/useDraft'
import ChecksTab from '@/buyout/ChecksTab'
import type { FormProps } from '@/task/form'
import { useCodes, word } from '@/ui/codes'
import { confirmReason } from '@/ui/confirmReason'
import { FormErrors } from '@/ui/FormErrors'
import { PAPERS, type PaperKind } from './papers'
import { PaperCheck } from './PaperCheck'
import { Scans } from './Scans'
import { document as texts } from './texts'
import { fate, NO_WORDS, verdicts, type Words } from './verdicts'

const COLORS = { undecided: 'gray', accepted: 'green', returned: 'red' }

/** The verifier: the scan beside what was read off it, a word on each field, and the checks at hand. */
export default function VerifyPapersForm({ task, buyout, decision }: FormProps) {
  const t = texts.use()
  useCodes()
  const [words, setWords, clear] = useDraft<Words>(`verify:${task.id}`, NO_WORDS)
  const [tab, setTab] = useState<string>(PAPERS[0])
  const fates = PAPERS.map((kind) => fate(kind, words[kind]))
  const returned = fates.filter((each) => each === 'returned').length
  const undecided = fates.includes('undecided')
  const label = (path: string) => t(path as 'color')
  const send = () =>
    confirmReason({
      title: returned === 0 ? t('confirm_accept') : t('confirm_return', { count: returned }),
      confirm: t('decide'),
      reason: 'none',
      danger: returned > 0,
      run: async () => {
        if (await decision.decide({ case: 'verifyPapers', value: { verdicts: verdicts(words, label) } }))
          clear()
      },
    })
  return (
    <Stack>
      <Tabs value={tab} onChange={(next) => setTab(next ?? PAPERS[0])} keepMounted={false}>
        <Tabs.List className="kite-scroll">
          {PAPERS.map((kind, index) => (
            <Tabs.Tab
              key={kind}
              value={kind}
              rightSection={
                <Badge size="xs" variant="light" color={COLORS[fates[index]!]} aria-hidden>
                  {fates[index] === 'accepted' ? '✓' : fates[index] === 'returned' ? '!' : '?'}
                </Badge>
              }
            >
              {word('paper', kind)}
            </Tabs.Tab>
          ))}
          <Tabs.Tab value="checks">{t('checks')}</Tabs.Tab>
        </Tabs.List>
        {PAPERS.map((kind: PaperKind) => (
          <Tabs.Panel key={kind} value={kind} pt="sm">
            <Grid>
              <Grid.Col span={{ base: 12, md: 7 }}>
                <Scans buyout={buyout} kind={kind} />
              </Grid.Col>
              <Grid.Col span={{ base: 12, md: 5 }}>
                <PaperCheck
                  kind={kind}
                  fields={buyout.papers?.fields}
                  word={words[kind] ?? { right: [], remarks: {}, remark: '' }}
                  onChange={(next) => setWords((old) => ({ ...old, [kind]: next }))}
                  locked={decision.refusal !== ''}
                />
              </Grid.Col>
            </Grid>
          </Tabs.Panel>
        ))}
        <Tabs.Panel value="checks" pt="sm">
          <ChecksTab buyout={buyout} />
        </Tabs.Panel>
      </Tabs>
      <FormErrors errors={Object.values(decision.errors)} />
      <Group justify="flex-end">
        {undecided && <span>{t('undecided')}</span>}
        <Button loading={decision.busy} disabled={undecided || decision.refusal !== ''} onClick={send}>
          {t('decide')}
        </Button>
      </Group>
    </Stack>
  )
}
