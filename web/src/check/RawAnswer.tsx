import { Button, Group, Stack, Text } from '@mantine/core'
import { useEffect, useState } from 'react'

import { problem } from '@/api/errors'
import type { File } from '@/gen/kite/common/v1/common_pb'
import { fileOf } from '@/ui/fileCache'
import { FileLink } from '@/ui/FileLink'
import classes from './Checks.module.css'
import { pretty } from './pretty'
import { check as texts } from './texts'

/** What the source answered, word for word; read when somebody asks to see it. */
export function RawAnswer({ file, name }: { file: File; name: string }) {
  const t = texts.use()
  const [open, setOpen] = useState(false)
  return (
    <Stack gap="xs">
      <Group gap="sm">
        <Button
          size="compact-xs"
          variant="default"
          aria-expanded={open}
          aria-label={`${t(open ? 'raw_hide' : 'raw_show')}: ${name}`}
          onClick={() => setOpen(!open)}
        >
          {t(open ? 'raw_hide' : 'raw_show')}
        </Button>
        {open && <FileLink file={file} name={t('raw_save')} />}
      </Group>
      {open && <Body id={file.id} name={name} />}
    </Stack>
  )
}

function Body({ id, name }: { id: string; name: string }) {
  const t = texts.use()
  const [answer, setAnswer] = useState<{ text: string; cut: boolean } | { error: unknown }>()
  const [attempt, setAttempt] = useState(0)
  useEffect(() => {
    let gone = false
    fileOf(id)
      .then((blob) => blob.text())
      .then(
        (text) => !gone && setAnswer(pretty(text)),
        (error: unknown) => !gone && setAnswer({ error }),
      )
    return () => {
      gone = true
    }
  }, [id, attempt])
  if (!answer) return <Text size="sm">{t('raw_reading')}</Text>
  if ('error' in answer) {
    return (
      <Group role="alert" gap="xs">
        <Text size="sm">{problem(answer.error).text}</Text>
        <Button
          size="compact-xs"
          variant="default"
          onClick={() => {
            setAnswer(undefined)
            setAttempt(attempt + 1)
          }}
        >
          {t('raw_again')}
        </Button>
      </Group>
    )
  }
  return (
    <>
      {answer.cut && <Text size="xs">{t('raw_cut')}</Text>}
      <pre className={classes.raw} tabIndex={0} role="region" aria-label={`${t('raw')}: ${name}`}>
        {answer.text}
      </pre>
    </>
  )
}
