import { Stack, Text } from '@mantine/core'

import type { Buyout } from '@/gen/kite/buyout/v1/buyout_pb'
import { word } from '@/ui/codes'
import { FileView } from '@/ui/FileView'
import type { PaperKind } from './papers'
import { document as texts } from './texts'

/** Every page of one paper. */
export function Scans({ buyout, kind }: { buyout: Buyout; kind: PaperKind }) {
  const t = texts.use()
  const ids = buyout.papers?.papers.find((paper) => paper.kind === kind)?.fileIds ?? []
  const files = ids.flatMap((id) => buyout.paperFiles.find((file) => file.id === id) ?? [])
  if (files.length === 0) return <Text size="sm">{t('no_scans')}</Text>
  return (
    <Stack>
      {files.map((file, index) => (
        <FileView key={file.id} file={file} name={`${word('paper', kind)} ${index + 1}`} />
      ))}
    </Stack>
  )
}
