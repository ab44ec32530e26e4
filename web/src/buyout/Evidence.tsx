import { Button } from '@mantine/core'

import { readEvidence } from '@/api/files'
import { confirmReason } from '@/ui/confirmReason'
import { Icon } from '@/ui/Icon'
import { done } from '@/ui/notify'
import { saveFile } from '@/ui/saveStream'
import { buyout as texts } from './texts'

/** Everything of the run as one signed archive; whoever takes it is on record, so it is asked for once more. */
export function Evidence({ id }: { id: string }) {
  const t = texts.use()
  const ask = () =>
    confirmReason({
      title: t('evidence_title'),
      text: t('evidence_text'),
      confirm: t('evidence'),
      reason: 'none',
      run: async () => {
        const { name, file } = await readEvidence(id)
        saveFile(name, file)
        done(t('evidence_saved', { name }))
      },
    })
  return (
    <Button size="xs" variant="default" leftSection={<Icon name="download" />} onClick={ask}>
      {t('evidence')}
    </Button>
  )
}
