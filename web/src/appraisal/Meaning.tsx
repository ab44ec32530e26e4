import { Alert, Badge, List, Stack, Text } from '@mantine/core'

import { problem } from '@/api/errors'
import classes from './Appraise.module.css'
import { appraisal as texts } from './texts'
import type { Preview } from './usePreview'

/** What the server makes of what is typed: category with its rule, and whether a second word is needed. */
export function Meaning({ preview }: { preview: Preview }) {
  const t = texts.use()
  const { data, old, error } = preview
  return (
    <Stack gap="xs" aria-live="polite" className={classes.computed} data-old={old || undefined}>
      {data?.category ? (
        <Text size="sm">
          <Badge size="lg" component="span" mr={6}>
            {`${t('category')} ${data.category}`}
          </Badge>
          {data.categoryRule}
        </Text>
      ) : (
        <Text size="sm">{t('category_later')}</Text>
      )}
      {(data?.approvalReasons.length ?? 0) > 0 && (
        <Alert color="yellow" variant="light" p="xs">
          <Text size="sm" fw={600}>
            {t('approval_needed')}
          </Text>
          <List size="sm">
            {data?.approvalReasons.map((reason) => (
              <List.Item key={reason}>{reason}</List.Item>
            ))}
          </List>
        </Alert>
      )}
      {error !== null && error !== undefined && (
        <Text size="sm" role="status">
          {t('not_computed', { reason: problem(error).text })}
        </Text>
      )}
    </Stack>
  )
}
