// The photos of an inspection, each once, with everything it shows: an angle, an identifier, a defect.

import type { Inspection } from '@/gen/kite/inspection/v1/inspection_pb'
import { word } from '@/ui/codes'

export interface Shown {
  what: 'angle' | 'place' | 'element'
  code: string
  /** Kind of the defect, where it is one. */
  defect?: string
}

export interface Shot {
  id: string
  shows: Shown[]
}

/** Angles first, then identifiers, then defects; a photo that serves twice is listed once. */
export function shotsOf(inspection: Inspection | undefined): Shot[] {
  const found = new Map<string, Shot>()
  const add = (id: string, shown: Shown) => {
    if (id === '') return
    const known = found.get(id)
    if (known) known.shows.push(shown)
    else found.set(id, { id, shows: [shown] })
  }
  for (const photo of inspection?.photos ?? []) add(photo.fileId, { what: 'angle', code: photo.angle })
  for (const read of inspection?.identifiers ?? []) add(read.photoFileId, { what: 'place', code: read.place })
  for (const defect of inspection?.defects ?? []) {
    for (const id of defect.photoFileIds) {
      add(id, { what: 'element', code: defect.element, defect: defect.kind })
    }
  }
  return [...found.values()]
}

/** What a gallery may be narrowed to: "angle", "place" or "element:HOOD". */
export type Narrow = string

export function narrowsOf(shots: Shot[]): Narrow[] {
  const all = shots.flatMap((shot) =>
    shot.shows.map((shown) => (shown.what === 'element' ? `element:${shown.code}` : shown.what)),
  )
  const order = ['angle', 'place']
  const elements = [...new Set(all.filter((each) => each.startsWith('element:')))]
  return [...order.filter((each) => all.includes(each)), ...elements]
}

export function narrowed(shots: Shot[], narrow: Narrow | undefined): Shot[] {
  if (narrow === undefined) return shots
  const [what, code] = narrow.split(':')
  return shots.filter((shot) =>
    shot.shows.some((shown) => shown.what === what && (code === undefined || shown.code === code)),
  )
}

/** What a photo shows, in words of the language at hand. */
export function nameOf(shot: Shot): string {
  return shot.shows
    .map(({ what, code, defect }) =>
      defect === undefined ? word(what, code) : `${word(what, code)}: ${word('defect', defect)}`,
    )
    .join(', ')
}
