import { Text } from '@mantine/core'

import { file as texts } from './fileTexts'

/** Says beside a button that waits for them how many files have not arrived. */
export function Unfinished({ count }: { count: number }) {
  const t = texts.use()
  if (count === 0) return null
  return (
    <Text size="sm" role="status">
      {t('unfinished', { count })}
    </Text>
  )
}
