import { Button, Loader, Stack, Text } from '@mantine/core'
import { useEffect, useRef, type PointerEvent } from 'react'

import { problem } from '@/api/errors'
import { useFile } from '@/ui/fileCache'
import { shown as texts } from './shownTexts'
import classes from './Viewer.module.css'
import type { Act, Look } from './viewing'
import type { Photo } from './Viewer'

/** A finger that moved this far over a whole photo means the next one. */
const SWIPE = 60

interface Touch {
  x: number
  y: number
}

/** One photo of the viewer: wheel and pinch bring it nearer, a near one is dragged. */
export function Pane({
  photo,
  look,
  side,
  active,
  label,
  note,
  onActive,
  onAct,
  onSwipe,
}: {
  photo: Photo
  look: Look
  side: 0 | 1
  active: boolean
  label?: string
  note?: string
  onActive: () => void
  onAct: (act: Act) => void
  onSwipe: (by: number) => void
}) {
  const t = texts.use()
  const { url, error, retry } = useFile(photo.id)
  const stage = useRef<HTMLDivElement>(null)
  const fingers = useRef(new Map<number, Touch>())
  const began = useRef<Touch | undefined>(undefined)
  const latest = useRef(onAct)
  useEffect(() => {
    latest.current = onAct
  })

  // Keys act on the active half, so the focus is there.
  useEffect(() => {
    if (active) stage.current?.focus({ preventScroll: true })
  }, [active])

  /** A point of the window as a share of the pane, from its middle. */
  const share = (point: Touch): Touch => {
    const box = stage.current?.getBoundingClientRect()
    if (!box || box.width === 0 || box.height === 0) return { x: 0, y: 0 }
    return { x: (point.x - box.left) / box.width - 0.5, y: (point.y - box.top) / box.height - 0.5 }
  }

  // React listens to the wheel passively, and a passive listener cannot keep the page from scrolling.
  useEffect(() => {
    const box = stage.current
    if (!box) return
    const wheel = (event: WheelEvent) => {
      event.preventDefault()
      const at = share({ x: event.clientX, y: event.clientY })
      latest.current({ do: 'zoom', side, factor: Math.exp(-event.deltaY / 400), ...at })
    }
    box.addEventListener('wheel', wheel, { passive: false })
    return () => box.removeEventListener('wheel', wheel)
  }, [side])

  const down = (event: PointerEvent) => {
    onActive()
    event.currentTarget.setPointerCapture(event.pointerId)
    fingers.current.set(event.pointerId, { x: event.clientX, y: event.clientY })
    began.current = fingers.current.size === 1 ? { x: event.clientX, y: event.clientY } : undefined
  }
  const drag = (event: PointerEvent) => {
    const before = fingers.current.get(event.pointerId)
    const box = stage.current
    if (!before || !box) return
    const now = { x: event.clientX, y: event.clientY }
    const other = [...fingers.current].find(([id]) => id !== event.pointerId)?.[1]
    fingers.current.set(event.pointerId, now)
    if (other) {
      const spread = (point: Touch) => Math.hypot(point.x - other.x, point.y - other.y)
      const middle = share({ x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 })
      const factor = spread(now) / Math.max(1, spread(before))
      onAct({ do: 'zoom', side, factor, ...middle })
    } else if (look.zoom > 1) {
      const { clientWidth, clientHeight } = box
      onAct({ do: 'pan', side, x: (now.x - before.x) / clientWidth, y: (now.y - before.y) / clientHeight })
    }
  }
  const up = (event: PointerEvent) => {
    const from = began.current
    fingers.current.delete(event.pointerId)
    began.current = undefined
    if (!from || event.pointerType === 'mouse' || look.zoom > 1) return
    const far = event.clientX - from.x
    if (Math.abs(far) > SWIPE && Math.abs(far) > 2 * Math.abs(event.clientY - from.y))
      onSwipe(far < 0 ? 1 : -1)
  }
  return (
    <figure className={classes.pane}>
      <div
        ref={stage}
        className={classes.stage}
        data-active={active || undefined}
        data-near={look.zoom > 1 || undefined}
        role="group"
        tabIndex={0}
        aria-label={[label, photo.name].filter(Boolean).join(': ')}
        data-autofocus={side === 0 || undefined}
        onFocus={onActive}
        onPointerDown={down}
        onPointerMove={drag}
        onPointerUp={up}
        onPointerCancel={up}
        onDoubleClick={(event) => {
          const at = share({ x: event.clientX, y: event.clientY })
          onAct({ do: 'zoom', side, factor: look.zoom > 1 ? 1 / look.zoom : 2.5, ...at })
        }}
      >
        {error !== undefined ? (
          <Stack align="center" gap="xs" role="alert">
            <Text size="sm">{`${t('unreadable')}. ${problem(error).text}`}</Text>
            <Button size="compact-sm" variant="default" onClick={retry}>
              {t('again')}
            </Button>
          </Stack>
        ) : url === undefined ? (
          <Loader size="sm" />
        ) : (
          <img
            className={classes.photo}
            src={url}
            alt={photo.name}
            draggable={false}
            decoding="async"
            style={{ transform: `translate(${look.x * 100}%, ${look.y * 100}%) scale(${look.zoom})` }}
          />
        )}
      </div>
      <Text component="figcaption" size="sm" className="kite-words">
        {[label, photo.name].filter(Boolean).join(': ')}
        {note !== undefined && (
          <Text span size="xs" visibleFrom="sm">
            {` — ${note}`}
          </Text>
        )}
      </Text>
    </figure>
  )
}
