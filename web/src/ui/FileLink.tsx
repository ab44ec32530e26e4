import { Anchor, Text } from '@mantine/core'
import { useState } from 'react'

import { readFile } from '@/api/files'
import type { File } from '@/gen/kite/common/v1/common_pb'
import { failed } from './notify'

const ENDINGS: Record<string, string> = {
  'application/pdf': '.pdf',
  'image/jpeg': '.jpg',
  'image/png': '.png',
  'image/webp': '.webp',
  'application/json': '.json',
  'application/xml': '.xml',
}

/** Opens a stored file in a new tab. It is read with the access token, so a plain address would not do. */
export function FileLink({ file, name }: { file: File; name: string }) {
  const [busy, setBusy] = useState(false)
  const open = async () => {
    setBusy(true)
    try {
      const blob = await readFile(file.id)
      const url = URL.createObjectURL(blob)
      const link = document.createElement('a')
      link.href = url
      link.target = '_blank'
      link.rel = 'noreferrer'
      if (!blob.type.startsWith('image/') && blob.type !== 'application/pdf') {
        link.download = `${name}${ENDINGS[blob.type] ?? ''}`
      }
      link.click()
      setTimeout(() => URL.revokeObjectURL(url), 60_000)
    } catch (error) {
      failed(error)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Text size="sm">
      <Anchor
        component="button"
        type="button"
        size="sm"
        ta="left"
        disabled={busy}
        onClick={() => void open()}
      >
        {name}
      </Anchor>
    </Text>
  )
}
