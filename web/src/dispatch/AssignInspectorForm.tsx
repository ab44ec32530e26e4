import { Stack, Title } from '@mantine/core'

import type { FormProps } from '@/task/form'
import { FormErrors } from '@/ui/FormErrors'
import { InspectorList } from './InspectorList'
import { dispatch as texts } from './texts'
import { VisitFacts } from './VisitFacts'

/** Chooses who inspects the car: the decision of a task that waits for it. */
export default function AssignInspectorForm({ task, decision }: FormProps) {
  const t = texts.use()
  return (
    <Stack gap="sm">
      <VisitFacts task={task} />
      <Title order={2} size="h4">
        {task.city === '' ? t('inspectors') : t('inspectors_of', { city: task.city })}
      </Title>
      <FormErrors errors={Object.values(decision.errors)} />
      <InspectorList
        city={task.city}
        choice={{
          action: 'assign',
          refusal: decision.refusal,
          choose: ({ id }) => decision.decide({ case: 'assignInspector', value: { personId: id } }),
        }}
      />
    </Stack>
  )
}
