import { ActionIcon, Button, Group, Input, Progress, Stack, Text } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { useEffect, useId, useMemo, useRef, useState, type DragEvent, type ReactNode } from 'react'

import classes from './FileDrop.module.css'
import { FilesModal } from './FilesModal'
import { file as texts } from './fileTexts'
import { FileThumb } from './FileView'
import { doneWithUndo } from './notify'
import { uploads, useUploads, type UploadItem } from './uploads'

const PHOTOS = 'image/jpeg,image/png,image/webp'

interface Props {
  buyoutId: string
  kind: 'PHOTO' | 'SCAN'
  label: string
  /** Where the files belong, when the label does not tell two fields of a run apart. */
  slot?: string
  /** What the files are called; the label when it is not given. */
  name?: string
  /** Ids of stored files. */
  value: string[]
  onChange: (ids: string[]) => void
  multiple?: boolean
  description?: ReactNode
  error?: ReactNode
  required?: boolean
  disabled?: boolean
}

/** The page stands in somebody's frame: the browser gives it no camera. */
export function isFramed(): boolean {
  return window.self !== window.top
}

/**
 * Files of one field. They go to the server at once, one by one, in the background; `onChange` gets the ids
 * of what arrived. Photos are taken with the camera on a phone, dropped or chosen at a desk.
 */
export function FileDrop(props: Props) {
  const { buyoutId, kind, label, value, onChange, multiple = true, disabled } = props
  const { slot = `${buyoutId}/${kind}/${label}`, name = label } = props
  const t = texts.use()
  const touch = useMediaQuery('(pointer: coarse), (hover: none)') === true && !isFramed()
  const items = useUploads(slot)
  const latest = useRef({ value, onChange })
  useEffect(() => {
    latest.current = { value, onChange }
  })
  useEffect(() => {
    const ids = uploads.take(slot)
    if (ids.length > 0) latest.current.onChange(multiple ? [...latest.current.value, ...ids] : ids.slice(-1))
  }, [items, slot, multiple])

  const camera = useRef<HTMLInputElement>(null)
  const choice = useRef<HTMLInputElement>(null)
  const [over, setOver] = useState(false)
  const [shown, setShown] = useState<number>()
  const labelId = useId()

  const add = (chosen: FileList | null) => {
    const files = [...(chosen ?? [])]
    if (disabled || files.length === 0) return
    uploads.add({ slot, buyoutId, kind }, multiple ? files : files.slice(0, 1))
  }
  const remove = (id: string, title: string) => {
    onChange(value.filter((each) => each !== id))
    doneWithUndo(t('removed', { name: title }), () => {
      const now = latest.current
      if (!now.value.includes(id)) now.onChange(multiple ? [...now.value, id] : [id])
    })
  }
  const drop = {
    onDragOver: (event: DragEvent) => {
      event.preventDefault()
      setOver(true)
    },
    onDragLeave: () => setOver(false),
    onDrop: (event: DragEvent) => {
      event.preventDefault()
      setOver(false)
      add(event.dataTransfer.files)
    },
  }
  const files = value.map((id, index) => ({ id, name: value.length > 1 ? `${name} ${index + 1}` : name }))
  const input = {
    type: 'file',
    className: classes.hidden,
    accept: kind === 'SCAN' ? `${PHOTOS},application/pdf` : PHOTOS,
    tabIndex: -1,
    'aria-hidden': true,
    disabled,
  } as const
  return (
    <Input.Wrapper
      label={label}
      labelElement="div"
      labelProps={{ id: labelId }}
      description={props.description}
      error={props.error}
      required={props.required}
    >
      <Stack
        gap="xs"
        className={classes.zone}
        data-over={over || undefined}
        data-wrong={props.error ? true : undefined}
        role="group"
        aria-labelledby={labelId}
        {...(disabled ? {} : drop)}
      >
        {files.length > 0 && (
          <div className={classes.files}>
            {files.map((each, index) => (
              <div key={each.id} className={classes.file}>
                <FileThumb id={each.id} name={each.name} onOpen={() => setShown(index)} />
                {!disabled && (
                  <ActionIcon
                    className={classes.remove}
                    variant="default"
                    size={touch ? 40 : 28}
                    aria-label={t('remove', { number: index + 1, name })}
                    onClick={() => remove(each.id, each.name)}
                  >
                    ✕
                  </ActionIcon>
                )}
              </div>
            ))}
          </div>
        )}
        {items
          .filter((item) => item.state !== 'done')
          .map((item) => (
            <Item key={item.key} item={item} />
          ))}
        {!disabled && (
          <Group gap="xs" wrap="wrap">
            {touch && (
              <Button size="md" onClick={() => camera.current?.click()} aria-describedby={labelId}>
                {t('take')}
              </Button>
            )}
            <Button
              variant="default"
              size={touch ? 'md' : 'xs'}
              aria-describedby={labelId}
              onClick={() => choice.current?.click()}
            >
              {touch ? t('gallery') : multiple ? t('choose_several') : t('choose')}
            </Button>
            {!touch && <Text size="xs">{over ? t('drop') : t('or_drop')}</Text>}
          </Group>
        )}
        <input
          {...input}
          ref={choice}
          multiple={multiple}
          data-slot={slot}
          onChange={(event) => {
            add(event.currentTarget.files)
            // The same file may be chosen again.
            event.currentTarget.value = ''
          }}
        />
        {touch && (
          <input
            {...input}
            ref={camera}
            accept="image/*"
            capture="environment"
            onChange={(event) => {
              add(event.currentTarget.files)
              event.currentTarget.value = ''
            }}
          />
        )}
      </Stack>
      <FilesModal files={files} at={shown} onMove={setShown} onClose={() => setShown(undefined)} />
    </Input.Wrapper>
  )
}

/** A file on its way, or one that was not taken. */
function Item({ item }: { item: UploadItem }) {
  const t = texts.use()
  const url = useMemo(
    () => (item.file.type.startsWith('image/') ? URL.createObjectURL(item.file) : undefined),
    [item.file],
  )
  useEffect(() => () => (url === undefined ? undefined : URL.revokeObjectURL(url)), [url])
  const refused = item.state === 'refused'
  const percent = Math.round(item.progress * 100)
  const state =
    item.state === 'waiting'
      ? t('waiting')
      : item.state === 'stalled'
        ? t('stalled')
        : t('sending', { percent })
  return (
    <div className={classes.item} data-upload={item.state}>
      {url !== undefined && !refused && <img src={url} alt="" width={48} height={48} />}
      <Stack gap={2} flex={1} miw={0}>
        <Text size="xs" truncate className="kite-words">
          {item.name}
        </Text>
        {refused ? (
          <Text size="sm" c="var(--kite-late)" role="alert">
            {item.error}
          </Text>
        ) : (
          <>
            <Progress value={percent} size="sm" aria-label={item.name} />
            <Text size="xs" role="status">
              {state}
            </Text>
          </>
        )}
      </Stack>
      <Group gap={4} justify="flex-end" flex={refused ? '1 0 100%' : undefined}>
        {refused && (
          <Button size="compact-md" variant="default" onClick={() => uploads.retry(item.key)}>
            {t('retry')}
          </Button>
        )}
        <Button
          size="compact-md"
          variant="subtle"
          aria-label={refused ? t('forget_name', { name: item.name }) : t('cancel', { name: item.name })}
          onClick={() => uploads.remove(item.key)}
        >
          {refused ? t('forget') : t('cancel_short')}
        </Button>
      </Group>
    </div>
  )
}
