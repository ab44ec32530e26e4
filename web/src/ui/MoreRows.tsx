import { Button, Group, Loader, Text } from '@mantine/core'

import { problem } from '@/api/errors'
import { list as texts } from './listTexts'
import classes from './OpsTable.module.css'
import type { RowList, View } from './rows'
import { ui } from './texts'

/** The lower end of what was read: reading on, failed, or more to be had. */
export function MoreRows<Row>({ list, view }: { list: RowList<Row>; view: View<Row> }) {
  const t = texts.use()
  const words = ui.use()
  if (view.loadingMore) {
    return (
      <div className={classes.foot} role="status" aria-label={t('loading_more')}>
        <Loader size="xs" />
      </div>
    )
  }
  if (!view.more) return null
  return (
    <Group className={`${classes.foot} kite-screen-only`} justify="center" gap="xs">
      {view.error !== null && (
        <Text size="sm" role="alert">
          {problem(view.error).text}
        </Text>
      )}
      <Button size="compact-sm" variant="default" onClick={() => void list.more()}>
        {view.error === null ? t('more') : words('retry')}
      </Button>
    </Group>
  )
}
