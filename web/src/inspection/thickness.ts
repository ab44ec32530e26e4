// What a thickness of paint says.

import type { Inspection, PaintReading } from '@/gen/kite/inspection/v1/inspection_pb'

export type Paint = 'factory' | 'repaint' | 'filler' | 'unmeasurable' | 'none'

/** Factory coats are 80 to 180 µm thick, one more coat ends near 350; filler is thicker than any paint. */
export const FACTORY_MOST = 180
export const REPAINT_MOST = 350

export function paintOf(reading: PaintReading | undefined): Paint {
  if (!reading) return 'none'
  if (reading.microns === undefined) return 'unmeasurable'
  if (reading.microns <= FACTORY_MOST) return 'factory'
  return reading.microns <= REPAINT_MOST ? 'repaint' : 'filler'
}

export interface PaintSum {
  min: number
  max: number
  average: number
  /** Elements that were painted again or filled. */
  again: string[]
}

export function sumOf(inspection: Inspection | undefined): PaintSum | undefined {
  const measured = (inspection?.paint ?? []).flatMap((reading) =>
    reading.microns === undefined ? [] : [{ element: reading.element, microns: reading.microns }],
  )
  if (measured.length === 0) return undefined
  const values = measured.map((each) => each.microns)
  return {
    min: Math.min(...values),
    max: Math.max(...values),
    average: Math.round(values.reduce((sum, value) => sum + value, 0) / values.length),
    again: measured.filter((each) => each.microns > FACTORY_MOST).map((each) => each.element),
  }
}
