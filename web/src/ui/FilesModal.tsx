import { Group, Modal, Text } from '@mantine/core'
import { useHotkeys, useMediaQuery } from '@mantine/hooks'

import { Arrow, FileView } from './FileView'
import { file as texts } from './fileTexts'

export interface ShownFile {
  id: string
  name: string
}

/** Files of one place, one at a time over the page; arrows lead to the neighbours. */
export function FilesModal({
  files,
  at,
  onMove,
  onClose,
}: {
  files: ShownFile[]
  /** Which is shown; nothing is open without it. */
  at: number | undefined
  onMove: (at: number) => void
  onClose: () => void
}) {
  const t = texts.use()
  const phone = useMediaQuery('(max-width: 48em)')
  const shown = at === undefined ? undefined : files[at]
  const move = (by: number) => {
    if (at !== undefined && files.length > 0) onMove((at + by + files.length) % files.length)
  }
  useHotkeys(
    shown
      ? [
          ['ArrowLeft', () => move(-1)],
          ['ArrowRight', () => move(1)],
        ]
      : [],
  )
  return (
    <Modal
      opened={shown !== undefined}
      onClose={onClose}
      title={shown?.name}
      size="xl"
      fullScreen={phone}
      closeButtonProps={{ 'aria-label': t('close') }}
    >
      {shown && (
        <>
          <FileView key={shown.id} file={shown} name={shown.name} height="min(64vh, 720px)" />
          {files.length > 1 && (
            <Group justify="center" mt="sm">
              <Arrow to="left" label={t('previous')} onClick={() => move(-1)} />
              <Text size="sm" role="status">
                {t('position', { number: (at ?? 0) + 1, count: files.length })}
              </Text>
              <Arrow to="right" label={t('next')} onClick={() => move(1)} />
            </Group>
          )}
        </>
      )}
    </Modal>
  )
}
