import { Button, Group, Progress, Stack, Text, UnstyledButton } from '@mantine/core'
import { useState } from 'react'

import { word } from '@/ui/codes'
import { Unfinished } from '@/ui/Unfinished'
import type { Lack } from './draft'
import classes from './Remaining.module.css'
import { inspection as texts } from './texts'

/** "Фото: спереди слева". */
export function useLackText(): (lack: Lack) => string {
  const t = texts.use()
  const groups = { identifiers: 'place', photos: 'angle', paint: 'element' } as const
  return ({ section, what, item, values }) => {
    const group = section in groups ? groups[section as keyof typeof groups] : undefined
    return t(`lack_${what}`, { ...values, item: group ? word(group, item) : '' })
  }
}

/** Leads to what is missing, and to its first field. */
export function jump(anchor: string): void {
  const place = document.getElementById(anchor)
  if (!place) return
  const calm = window.matchMedia('(prefers-reduced-motion: reduce)').matches
  place.scrollIntoView({ behavior: calm ? 'auto' : 'smooth', block: 'start' })
  const field = place.querySelector<HTMLElement>('input:not([type=file]), select, textarea, button')
  ;(field ?? place).focus({ preventScroll: true })
}

/** Stays at the foot of the screen: how much is left, what it is, and the way to hand in. */
export function Remaining({
  lacks,
  done,
  uploading,
  busy,
  submit,
}: {
  lacks: Lack[]
  /** 0 to 1. */
  done: number
  /** Files that have not arrived. */
  uploading: number
  busy: boolean
  submit: () => void
}) {
  const t = texts.use()
  const text = useLackText()
  const [open, setOpen] = useState(false)
  // What is left is shown instead of a refusal.
  const send = () => (lacks.length > 0 ? setOpen(true) : submit())
  return (
    <div className={classes.bar}>
      {open && lacks.length > 0 && (
        <ul className={classes.list} aria-label={t('left_list')}>
          {lacks.map((lack) => (
            <li key={`${lack.what} ${lack.item}`}>
              <UnstyledButton
                className={classes.jump}
                onClick={() => {
                  setOpen(false)
                  jump(lack.anchor)
                }}
              >
                <Text size="sm">{text(lack)}</Text>
              </UnstyledButton>
            </li>
          ))}
        </ul>
      )}
      <Stack gap={8}>
        <Progress value={done * 100} size="sm" aria-label={t('left_list')} />
        <Unfinished count={uploading} />
        <Group gap="xs" wrap="nowrap" grow preventGrowOverflow={false}>
          {lacks.length > 0 ? (
            <Button
              size="md"
              px="xs"
              variant="default"
              aria-expanded={open}
              onClick={() => setOpen((shown) => !shown)}
            >
              {t('left', { count: lacks.length })}
            </Button>
          ) : (
            <Text size="sm" role="status">
              {t('nothing_left')}
            </Text>
          )}
          <Button size="md" px="xs" loading={busy} disabled={uploading > 0} onClick={send}>
            {t('submit')}
          </Button>
        </Group>
      </Stack>
    </div>
  )
}
