import { Button, Card, Group, SimpleGrid, Stack, Text } from '@mantine/core'

import { useDraft } from '@/app/useDraft'
import { DocumentsCard } from '@/buyout/PapersTab'
import type { FormProps } from '@/task/form'
import { confirmReason } from '@/ui/confirmReason'
import { FileDrop } from '@/ui/FileDrop'
import { FormErrors } from '@/ui/FormErrors'
import { Unfinished } from '@/ui/Unfinished'
import { useUnfinished } from '@/ui/uploads'
import { Made } from './Made'
import { document as texts } from './texts'

interface Draft {
  contract: string[]
  act: string[]
}

/** Contract and act are printed, signed with the client, scanned and handed in. */
export default function SignContractForm({ task, buyout, decision }: FormProps) {
  const t = texts.use()
  const [draft, setDraft, clear] = useDraft<Draft>(`sign:${task.id}`, { contract: [], act: [] })
  const locked = decision.refusal !== ''
  const uploading = useUnfinished(`${task.buyoutId}/SCAN/`, true)
  const sign = () =>
    confirmReason({
      title: t('confirm_signed'),
      text: t('signed_text'),
      confirm: t('signed'),
      reason: 'none',
      run: async () => {
        const scans = [
          ...draft.contract.map((fileId) => ({ kind: 'CONTRACT', fileId })),
          ...draft.act.map((fileId) => ({ kind: 'ACT', fileId })),
        ]
        if (await decision.decide({ case: 'signed', value: { scans } })) clear()
      },
    })
  const refused = () =>
    confirmReason({
      title: t('refused_title'),
      text: t('refused_text'),
      confirm: t('refused_to_sign'),
      danger: true,
      run: (text) => decision.decide({ case: 'refusedToSign', value: { text } }),
    })
  return (
    <Stack>
      <DocumentsCard buyout={buyout} />
      <Made buyout={buyout} />
      <Card withBorder padding="sm">
        <Stack>
          <Text size="sm">{t('print_hint')}</Text>
          <SimpleGrid cols={{ base: 1, sm: 2 }}>
            <FileDrop
              buyoutId={task.buyoutId}
              kind="SCAN"
              label={t('contract')}
              disabled={locked}
              value={draft.contract}
              onChange={(contract) => setDraft((old) => ({ ...old, contract }))}
            />
            <FileDrop
              buyoutId={task.buyoutId}
              kind="SCAN"
              label={t('act')}
              disabled={locked}
              value={draft.act}
              onChange={(act) => setDraft((old) => ({ ...old, act }))}
            />
          </SimpleGrid>
          <FormErrors errors={Object.values(decision.errors)} />
          <Group justify="space-between">
            <Button variant="outline" color="red" disabled={locked} onClick={refused}>
              {t('refused_to_sign')}
            </Button>
            <Group>
              <Unfinished count={uploading} />
              <Button
                loading={decision.busy}
                disabled={locked || uploading > 0 || draft.contract.length === 0 || draft.act.length === 0}
                onClick={sign}
              >
                {t('signed')}
              </Button>
            </Group>
          </Group>
        </Stack>
      </Card>
    </Stack>
  )
}
