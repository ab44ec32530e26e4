// Stored files on the screen: small, large, in a row of them.

import { ActionIcon, Alert, Anchor, Button, Group, Loader, Stack, Text, UnstyledButton } from '@mantine/core'
import { useInViewport } from '@mantine/hooks'
import { lazy, Suspense, useState } from 'react'

import { problem } from '@/api/errors'
import { thumbOf, useFile } from './fileCache'
import classes from './FileView.module.css'
import { file as texts } from './fileTexts'
import { Picture } from './Picture'

// Drawing PDF takes more code than any screen: it comes with the first PDF that is looked at.
const PdfView = lazy(() => import('./PdfView'))

const ENDINGS: Record<string, string> = {
  'image/jpeg': '.jpg',
  'image/png': '.png',
  'image/webp': '.webp',
  'application/pdf': '.pdf',
}

/** A name to save under: what the file is, with the ending of its type. */
export function downloadName(name: string, type: string): string {
  const clean = name.replace(/[\\/:*?"<>|\p{Cc}]+/gu, ' ').trim() || 'file'
  const ending = ENDINGS[type] ?? ''
  return clean.toLowerCase().endsWith(ending) ? clean : `${clean}${ending}`
}

/** A small picture of a file; it is read when it comes into sight. */
export function FileThumb({
  id,
  name,
  size = 96,
  onOpen,
}: {
  id: string
  name: string
  size?: number | string
  onOpen?: () => void
}) {
  const t = texts.use()
  const { ref, inViewport } = useInViewport()
  const [seen, setSeen] = useState(false)
  if (inViewport && !seen) setSeen(true)
  const { url, type, error, retry } = useFile(id, seen, thumbOf)
  const failed = error !== undefined
  const inside = failed ? (
    <span className={classes.broken}>{t('unreadable')}</span>
  ) : url === undefined ? (
    <Loader size="xs" />
  ) : type.startsWith('image/') ? (
    <img src={url} alt={onOpen ? '' : name} />
  ) : (
    <Text size="sm" fw={600}>
      {(ENDINGS[type] ?? '.?').slice(1).toUpperCase()}
    </Text>
  )
  const style = { width: size, height: size === '100%' ? undefined : size, aspectRatio: '4 / 3' }
  return (
    <div ref={ref}>
      {onOpen || failed ? (
        <UnstyledButton
          className={classes.thumb}
          style={style}
          aria-label={failed ? `${t('read_again')}: ${name}` : t('open', { name })}
          title={name}
          onClick={failed ? retry : onOpen}
        >
          {inside}
        </UnstyledButton>
      ) : (
        <div className={classes.thumb} style={style} title={name}>
          {inside}
        </div>
      )}
    </div>
  )
}

/** A file at full size: images with zoom and rotation, PDF in a frame, both to be opened or saved. */
export function FileView({
  file,
  name,
  height = 480,
}: {
  file: { id: string }
  name: string
  height?: number | string
}) {
  const t = texts.use()
  const { url, type, blob, error, retry } = useFile(file.id)
  if (error !== undefined) {
    return (
      <Alert color="red" variant="light" title={t('unreadable')} role="alert">
        <Stack gap="xs" align="flex-start">
          <Text size="sm">{problem(error).text}</Text>
          <Button size="compact-sm" variant="default" onClick={retry}>
            {t('read_again')}
          </Button>
        </Stack>
      </Alert>
    )
  }
  if (url === undefined) {
    return (
      <Group justify="center" h={height} role="status" aria-label={name}>
        <Loader size="sm" />
      </Group>
    )
  }
  const links = (
    <Group gap="md">
      <Anchor href={url} target="_blank" rel="noreferrer" size="sm">
        {t('open_tab')}
      </Anchor>
      <Anchor href={url} download={downloadName(name, type)} size="sm">
        {t('download')}
      </Anchor>
    </Group>
  )
  if (type.startsWith('image/')) return <Picture url={url} name={name} height={height} links={links} />
  if (type === 'application/pdf' && blob) {
    const waiting = (
      <Group justify="center" h={height} role="status" aria-label={name}>
        <Loader size="sm" />
      </Group>
    )
    return (
      <Suspense fallback={waiting}>
        <PdfView blob={blob} name={name} height={height} links={links} />
      </Suspense>
    )
  }
  return (
    <Stack gap="xs">
      <Text size="sm">{t('unknown_type')}</Text>
      {links}
    </Stack>
  )
}

export function Arrow({ to, label, onClick }: { to: 'left' | 'right'; label: string; onClick: () => void }) {
  return (
    <ActionIcon variant="default" size="xl" aria-label={label} title={label} onClick={onClick}>
      {to === 'left' ? '‹' : '›'}
    </ActionIcon>
  )
}
