// A PDF drawn page by page into pictures. Chrome shows no PDF in a sandboxed frame, and an uploaded one is not to
// be opened by the browser's own viewer beside our fields: here nothing of the file runs, it is only drawn.

import { Alert, Group, Loader, Stack, Text } from '@mantine/core'
import { useElementSize } from '@mantine/hooks'
import { getDocument, GlobalWorkerOptions, type PDFDocumentProxy } from 'pdfjs-dist'
import workerUrl from 'pdfjs-dist/build/pdf.worker.min.mjs?url'
import { useEffect, useRef, useState, type KeyboardEvent, type ReactNode } from 'react'

import classes from './FileView.module.css'
import { file as texts } from './fileTexts'
import { ZoomTools } from './ZoomTools'
import { nextZoom, pageSize } from './zoom'

GlobalWorkerOptions.workerSrc = workerUrl

/** Where the build puts what some PDF need: fonts that they do not bring along, a decoder of JPEG 2000. */
const PARTS = '/pdf/'

type State =
  { kind: 'reading' } | { kind: 'shown'; pdf: PDFDocumentProxy } | { kind: 'broken'; locked: boolean }

function usePdf(blob: Blob): State {
  const [state, setState] = useState<{ of: Blob; state: State }>({ of: blob, state: { kind: 'reading' } })
  useEffect(() => {
    let gone = false
    let end = () => {}
    void blob.arrayBuffer().then((data) => {
      if (gone) return
      const task = getDocument({
        data,
        // Our policy lets no code be made while the page runs, and no file needs it.
        isEvalSupported: false,
        useWasm: false,
        enableXfa: false,
        stopAtErrors: false,
        wasmUrl: PARTS,
        standardFontDataUrl: PARTS,
      })
      end = () => void task.destroy()
      task.promise.then(
        (pdf) => {
          if (!gone) setState({ of: blob, state: { kind: 'shown', pdf } })
        },
        (error: unknown) => {
          const locked = error instanceof Error && error.name === 'PasswordException'
          if (!gone) setState({ of: blob, state: { kind: 'broken', locked } })
        },
      )
    })
    return () => {
      gone = true
      end()
    }
  }, [blob])
  return state.of === blob ? state.state : { kind: 'reading' }
}

/** Every page below the other, as wide as there is room; larger by keys and buttons as a picture is. */
export default function PdfView({
  blob,
  name,
  height,
  links,
}: {
  blob: Blob
  name: string
  height: number | string
  links?: ReactNode
}) {
  const t = texts.use()
  const { ref, width } = useElementSize()
  const [zoom, setZoom] = useState(1)
  const state = usePdf(blob)
  const press = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    if (event.key === '+' || event.key === '=') setZoom(nextZoom(zoom, 1))
    else if (event.key === '-') setZoom(nextZoom(zoom, -1))
    else if (event.key === '0') setZoom(1)
    else return
    event.preventDefault()
  }
  return (
    <Stack gap="xs">
      {state.kind === 'broken' ? (
        <Alert color="red" variant="light" title={t('unreadable')} role="alert">
          {t(state.locked ? 'pdf_locked' : 'pdf_broken')}
        </Alert>
      ) : (
        <div
          ref={ref}
          className={classes.pages}
          style={{ height }}
          tabIndex={0}
          role="group"
          aria-label={t('view_pdf', { name })}
          onKeyDown={press}
        >
          {state.kind === 'reading' ? (
            <Group justify="center" h="100%" role="status" aria-label={name}>
              <Loader size="sm" />
            </Group>
          ) : (
            width > 0 &&
            Array.from({ length: state.pdf.numPages }, (_, index) => (
              <Page
                key={index}
                pdf={state.pdf}
                number={index + 1}
                width={width * zoom}
                label={t('page', { name, number: index + 1, count: state.pdf.numPages })}
              />
            ))
          )}
        </div>
      )}
      <Group justify="space-between" className="kite-screen-only">
        {state.kind === 'shown' && (
          <Group gap={6}>
            <ZoomTools zoom={zoom} onZoom={setZoom} />
            <Text size="sm">{t('pages', { count: state.pdf.numPages })}</Text>
          </Group>
        )}
        {links}
      </Group>
    </Stack>
  )
}

/** Drawn when it comes into sight, and anew for another width. */
function Page({
  pdf,
  number,
  width,
  label,
}: {
  pdf: PDFDocumentProxy
  number: number
  width: number
  label: string
}) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const [seen, setSeen] = useState(number <= 2)
  const [drawn, setDrawn] = useState(0)
  useEffect(() => {
    const element = canvas.current
    if (!element || seen) return
    const watch = new IntersectionObserver(
      (entries) => {
        if (entries.some((entry) => entry.isIntersecting)) setSeen(true)
      },
      { rootMargin: '400px' },
    )
    watch.observe(element)
    return () => watch.disconnect()
  }, [seen])
  useEffect(() => {
    if (!seen) return
    let gone = false
    let stop = () => {}
    void pdf.getPage(number).then((page) => {
      const element = canvas.current
      if (gone || !element) return
      const plain = page.getViewport({ scale: 1 })
      const size = pageSize(plain, width, window.devicePixelRatio)
      element.width = size.pixels.width
      element.height = size.pixels.height
      element.style.width = `${size.shown.width}px`
      element.style.height = `${size.shown.height}px`
      const drawing = page.render({ canvas: element, viewport: page.getViewport({ scale: size.scale }) })
      stop = () => drawing.cancel()
      drawing.promise.then(
        () => {
          if (!gone) setDrawn(width)
        },
        // Cancelled: another width is drawn instead.
        () => undefined,
      )
    })
    return () => {
      gone = true
      stop()
    }
  }, [pdf, number, width, seen])
  return (
    <canvas
      ref={canvas}
      className={classes.page}
      role="img"
      aria-label={label}
      data-drawn={drawn === width || undefined}
    />
  )
}
