import { Button } from '@mantine/core'
import { useState } from 'react'

import { Icon } from './Icon'
import { list as texts } from './listTexts'
import { done, failed } from './notify'
import type { RowList } from './rows'
import { saveStream, type Part } from './saveStream'

/** Rows that a print shows at most: more is what the export is for. */
const PRINTED = 500

export function PrintButton<Row>({ list }: { list?: RowList<Row> }) {
  const t = texts.use()
  const [busy, setBusy] = useState(false)
  return (
    <Button
      size="compact-sm"
      variant="default"
      visibleFrom="sm"
      loading={busy}
      leftSection={<Icon name="print" />}
      onClick={() => {
        setBusy(true)
        void (list?.atLeast(PRINTED) ?? Promise.resolve()).then(() => {
          setBusy(false)
          // The rows that were read last have to be drawn first.
          setTimeout(() => window.print(), 50)
        })
      }}
    >
      {t('print')}
    </Button>
  )
}

/** Saves what the server sends as a workbook. */
export function ExportButton({ start }: { start: () => AsyncIterable<Part> }) {
  const t = texts.use()
  const [busy, setBusy] = useState(false)
  return (
    <Button
      size="compact-sm"
      variant="default"
      loading={busy}
      leftSection={<Icon name="download" />}
      onClick={() => {
        setBusy(true)
        saveStream(start())
          .then((name) => done(t('exported', { name })), failed)
          .finally(() => setBusy(false))
      }}
    >
      {t('export')}
    </Button>
  )
}
