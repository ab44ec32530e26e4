import { Button, Card, Group, Stack, Text, Textarea } from '@mantine/core'

import { useDraft } from '@/app/useDraft'
import type { FormProps } from '@/task/form'
import { fieldError, otherErrors } from '@/ui/fieldError'
import { FormErrors } from '@/ui/FormErrors'
import { trouble as texts } from './troubleTexts'

/** A step failed for good: try it again once the cause is gone, or say that it was done by hand. */
export default function TroubleForm({ task, decision }: FormProps) {
  const t = texts.use()
  const [comment, setComment, clear] = useDraft(`trouble:${task.id}`, '')
  const send = async (kind: 'retry' | 'doneByHand') => {
    if (await decision.decide({ case: kind, value: { text: comment.trim() } })) clear()
  }
  return (
    <Card withBorder padding="sm">
      <Stack gap="sm">
        <Text size="sm">{t(task.kind === 'UNDO_TROUBLE' ? 'hint_undo' : 'hint')}</Text>
        <Textarea
          label={t('comment')}
          description={t('comment_hint')}
          autosize
          minRows={2}
          maxLength={4000}
          value={comment}
          disabled={decision.refusal !== ''}
          onChange={(event) => setComment(event.currentTarget.value)}
          error={fieldError(decision.errors, 'comment') ?? fieldError(decision.errors, 'reason')}
        />
        <FormErrors errors={otherErrors(decision.errors, ['comment', 'reason'])} />
        <Group justify="flex-end">
          <Button
            variant="default"
            loading={decision.busy}
            disabled={decision.refusal !== '' || comment.trim() === ''}
            onClick={() => void send('doneByHand')}
          >
            {t('by_hand')}
          </Button>
          <Button
            loading={decision.busy}
            disabled={decision.refusal !== ''}
            onClick={() => void send('retry')}
          >
            {t('retry')}
          </Button>
        </Group>
      </Stack>
    </Card>
  )
}
