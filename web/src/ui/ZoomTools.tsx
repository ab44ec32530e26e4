import { ActionIcon } from '@mantine/core'
import type { ReactNode } from 'react'

import { file as texts } from './fileTexts'
import { Icon } from './Icon'
import { nextZoom, ZOOM_MOST } from './zoom'

/** Larger, smaller, as large as the window. */
export function ZoomTools({ zoom, onZoom }: { zoom: number; onZoom: (zoom: number) => void }) {
  const t = texts.use()
  return (
    <>
      <FileTool label={t('zoom_out')} sign="−" off={zoom <= 1} run={() => onZoom(nextZoom(zoom, -1))} />
      <FileTool label={t('zoom_in')} sign="+" off={zoom >= ZOOM_MOST} run={() => onZoom(nextZoom(zoom, 1))} />
      <FileTool label={t('zoom_fit')} sign={<Icon name="fit" />} off={zoom === 1} run={() => onZoom(1)} />
    </>
  )
}

export function FileTool({
  label,
  sign,
  off,
  run,
}: {
  label: string
  sign: ReactNode
  off?: boolean
  run: () => void
}) {
  return (
    <ActionIcon variant="default" size="lg" aria-label={label} title={label} disabled={off} onClick={run}>
      {sign}
    </ActionIcon>
  )
}
