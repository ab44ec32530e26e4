import { Group, Stack } from '@mantine/core'
import { useElementSize, useMergedRef } from '@mantine/hooks'
import {
  useLayoutEffect,
  useRef,
  useState,
  type KeyboardEvent,
  type PointerEvent,
  type ReactNode,
} from 'react'

import classes from './FileView.module.css'
import { file as texts } from './fileTexts'
import { layout, nextZoom } from './zoom'
import { FileTool, ZoomTools } from './ZoomTools'

/** An image or scan that can be looked at closely: zoom about the middle, turn, drag. */
export function Picture({
  url,
  name,
  height,
  links,
}: {
  url: string
  name: string
  height: number | string
  links?: ReactNode
}) {
  const t = texts.use()
  const { ref, width: w, height: h } = useElementSize()
  const stage = useRef<HTMLDivElement>(null)
  const both = useMergedRef(stage, ref)
  const [natural, setNatural] = useState({ width: 0, height: 0 })
  const [zoom, setZoom] = useState(1)
  const [turns, setTurns] = useState(0)
  const drag = useRef<{ x: number; y: number } | undefined>(undefined)
  const middle = useRef({ x: 0.5, y: 0.5 })
  const drawn = layout({ width: w, height: h }, natural, zoom, turns)

  // What was in the middle of the window stays there.
  useLayoutEffect(() => {
    const box = stage.current
    if (!box) return
    box.scrollLeft = middle.current.x * box.scrollWidth - box.clientWidth / 2
    box.scrollTop = middle.current.y * box.scrollHeight - box.clientHeight / 2
  }, [zoom, turns])

  const change = (next: number) => {
    const box = stage.current
    if (box) {
      middle.current = {
        x: (box.scrollLeft + box.clientWidth / 2) / Math.max(1, box.scrollWidth),
        y: (box.scrollTop + box.clientHeight / 2) / Math.max(1, box.scrollHeight),
      }
    }
    setZoom(next)
  }
  const turn = () => setTurns((count) => (count + 1) % 4)
  const press = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    if (event.key === '+' || event.key === '=') change(nextZoom(zoom, 1))
    else if (event.key === '-') change(nextZoom(zoom, -1))
    else if (event.key === '0') change(1)
    else if (event.code === 'KeyR') turn()
    else return
    event.preventDefault()
  }
  const move = (event: PointerEvent) => {
    const box = stage.current
    if (!drag.current || !box) return
    box.scrollLeft -= event.clientX - drag.current.x
    box.scrollTop -= event.clientY - drag.current.y
    drag.current = { x: event.clientX, y: event.clientY }
  }
  return (
    <Stack gap="xs">
      <div
        ref={both}
        className={classes.stage}
        style={{ height }}
        data-zoomed={zoom > 1 || undefined}
        tabIndex={0}
        role="group"
        aria-label={t('view', { name })}
        onKeyDown={press}
        onDoubleClick={() => change(zoom > 1 ? 1 : 2.5)}
        onPointerDown={(event) => {
          // A finger scrolls by itself.
          if (event.pointerType === 'mouse') drag.current = { x: event.clientX, y: event.clientY }
        }}
        onPointerMove={move}
        onPointerUp={() => (drag.current = undefined)}
        onPointerLeave={() => (drag.current = undefined)}
      >
        <div className={classes.sheet} style={drawn.room}>
          <img
            className={classes.image}
            src={url}
            alt={name}
            draggable={false}
            style={{ ...drawn.picture, transform: `translate(-50%, -50%) rotate(${turns * 90}deg)` }}
            onLoad={(event) =>
              setNatural({
                width: event.currentTarget.naturalWidth,
                height: event.currentTarget.naturalHeight,
              })
            }
          />
        </div>
      </div>
      <Group justify="space-between" className="kite-screen-only">
        <Group gap={6}>
          <ZoomTools zoom={zoom} onZoom={change} />
          <FileTool label={t('rotate')} sign="↻" run={turn} />
        </Group>
        {links}
      </Group>
    </Stack>
  )
}
