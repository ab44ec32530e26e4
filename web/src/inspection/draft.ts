// An inspection while it is being recorded, what it lacks, and the message it becomes.
// What it lacks follows domain/src/inspection.rs; the server has the last word.

import type { MessageInitShape } from '@bufbuild/protobuf'

import type { InspectionSchema, Template } from '@/gen/kite/inspection/v1/inspection_pb'
import { latin } from './vin'

export interface IdentifierDraft {
  value: string
  absent: boolean
  photo: string[]
}

export interface PaintDraft {
  microns: string
  unmeasurable: boolean
  reason: string
}

export interface DefectDraft {
  key: string
  element: string
  kind: string
  comment: string
  photos: string[]
}

export interface Draft {
  identifiers: Record<string, IdentifierDraft>
  mileage: string
  photos: Record<string, string[]>
  paint: Record<string, PaintDraft>
  defects: DefectDraft[]
  comment: string
}

export function emptyDraft(): Draft {
  return { identifiers: {}, mileage: '', photos: {}, paint: {}, defects: [], comment: '' }
}

export const NO_IDENTIFIER: IdentifierDraft = { value: '', absent: false, photo: [] }
export const NO_PAINT: PaintDraft = { microns: '', unmeasurable: false, reason: '' }

export const SECTIONS = ['identifiers', 'mileage', 'photos', 'paint', 'defects', 'comment'] as const
export type Section = (typeof SECTIONS)[number]

type What =
  | 'identifiers_few'
  | 'identifier_unread'
  | 'mileage'
  | 'mileage_wrong'
  | 'photo'
  | 'paint'
  | 'paint_range'
  | 'paint_reason'
  | 'defect_element'
  | 'defect_kind'

/** One thing that is missing: where, what, and which place, angle or element. */
export interface Lack {
  section: Section
  what: What
  item: string
  /** Element of the page to jump to. */
  anchor: string
  /** Values for the sentence. */
  values?: Record<string, number>
}

export function anchorOf(section: Section, item = ''): string {
  return item === '' ? `inspect-${section}` : `inspect-${section}-${item}`
}

const MILEAGE_MOST = 4_294_967_295

/** Whole kilometres or micrometres as people type them. */
export function wholeNumber(text: string): number | undefined {
  const clean = text.replace(/[\s\u00a0\u202f]/g, '')
  if (!/^\d{1,10}$/.test(clean)) return undefined
  const value = Number(clean)
  return value <= MILEAGE_MOST ? value : undefined
}

function isRead({ value, absent }: IdentifierDraft): boolean {
  return absent || value.trim() !== ''
}

/** How many identifiers have been read or marked as absent. */
export function identifiersRead(draft: Draft): number {
  return Object.values(draft.identifiers).filter(isRead).length
}

export function lacks(draft: Draft, template: Template): Lack[] {
  return [
    ...identifierLacks(draft, template),
    ...mileageLacks(draft),
    ...photoLacks(draft, template),
    ...paintLacks(draft, template),
    ...defectLacks(draft),
  ]
}

function identifierLacks(draft: Draft, template: Template): Lack[] {
  const found: Lack[] = []
  const read = identifiersRead(draft)
  if (read < template.minIdentifiers) {
    found.push({
      section: 'identifiers',
      what: 'identifiers_few',
      item: '',
      anchor: anchorOf('identifiers'),
      values: { count: template.minIdentifiers - read },
    })
  }
  // A photo alone says nothing that can be compared.
  for (const [place, reading] of Object.entries(draft.identifiers)) {
    if (!isRead(reading) && reading.photo.length > 0) {
      const anchor = anchorOf('identifiers', place)
      found.push({ section: 'identifiers', what: 'identifier_unread', item: place, anchor })
    }
  }
  return found
}

function mileageLacks(draft: Draft): Lack[] {
  if (draft.mileage.trim() === '') {
    return [{ section: 'mileage', what: 'mileage', item: '', anchor: anchorOf('mileage') }]
  }
  const km = wholeNumber(draft.mileage)
  const right = km !== undefined && km > 0
  return right ? [] : [{ section: 'mileage', what: 'mileage_wrong', item: '', anchor: anchorOf('mileage') }]
}

function photoLacks(draft: Draft, template: Template): Lack[] {
  return template.requiredAngles
    .filter((angle) => (draft.photos[angle] ?? []).length === 0)
    .map((angle) => ({
      section: 'photos',
      what: 'photo',
      item: angle,
      anchor: anchorOf('photos', angle),
    }))
}

function paintLacks(draft: Draft, template: Template): Lack[] {
  return template.paintedElements.flatMap((element): Lack[] => {
    const what = paintLack(draft.paint[element] ?? NO_PAINT, template)
    const values = { min: template.paintMinUm, max: template.paintMaxUm }
    return what ? [{ section: 'paint', what, item: element, anchor: anchorOf('paint', element), values }] : []
  })
}

function paintLack(
  reading: PaintDraft,
  template: Template,
): 'paint' | 'paint_range' | 'paint_reason' | undefined {
  if (reading.unmeasurable) return reading.reason.trim() === '' ? 'paint_reason' : undefined
  if (reading.microns.trim() === '') return 'paint'
  const um = wholeNumber(reading.microns)
  const within = um !== undefined && um >= template.paintMinUm && um <= template.paintMaxUm
  return within ? undefined : 'paint_range'
}

function defectLacks(draft: Draft): Lack[] {
  return draft.defects.flatMap((defect): Lack[] => {
    const at = { section: 'defects' as const, item: defect.key, anchor: anchorOf('defects', defect.key) }
    if (defect.element === '') return [{ ...at, what: 'defect_element' }]
    return defect.kind === '' ? [{ ...at, what: 'defect_kind' }] : []
  })
}

/** How much has been done of what the template asks for, 0 to 1. */
export function progress(draft: Draft, template: Template): number {
  const asked = template.minIdentifiers + 1 + template.requiredAngles.length + template.paintedElements.length
  const left = lacks(draft, template)
    .filter((lack) => lack.section !== 'defects' && lack.what !== 'identifier_unread')
    .reduce((sum, lack) => sum + (lack.what === 'identifiers_few' ? (lack.values?.count ?? 0) : 1), 0)
  return asked === 0 ? 1 : Math.max(0, 1 - left / asked)
}

export function toInspection(draft: Draft, template: Template): MessageInitShape<typeof InspectionSchema> {
  return {
    templateCode: template.code,
    templateVersion: template.version,
    identifiers: Object.entries(draft.identifiers)
      .filter(([, reading]) => isRead(reading))
      .map(([place, { value, absent, photo }]) => ({
        place,
        value: absent ? '' : latin(value),
        absent,
        photoFileId: photo[0] ?? '',
      })),
    mileageKm: wholeNumber(draft.mileage) ?? 0,
    photos: Object.entries(draft.photos).flatMap(([angle, ids]) => ids.map((fileId) => ({ angle, fileId }))),
    paint: template.paintedElements.flatMap((element) => {
      const { microns, unmeasurable, reason } = draft.paint[element] ?? NO_PAINT
      if (unmeasurable) return [{ element, unmeasurableReason: reason.trim() }]
      const um = wholeNumber(microns)
      return um === undefined ? [] : [{ element, microns: um, unmeasurableReason: '' }]
    }),
    defects: draft.defects.map(({ element, kind, comment, photos }) => ({
      element,
      kind,
      comment: comment.trim(),
      photoFileIds: photos,
    })),
    comment: draft.comment.trim(),
  }
}

/** Sentences of the server by the section they belong to; '' has what fits nowhere. */
export function bySection(errors: Record<string, string>): Partial<Record<Section | '', string>> {
  const found: Partial<Record<Section | '', string>> = {}
  for (const [path, text] of Object.entries(errors)) {
    const section = sectionOf(path)
    found[section] = found[section] ? `${found[section]}\n${text}` : text
  }
  return found
}

function sectionOf(path: string): Section | '' {
  const name = /^inspection\.([a-z_]+)/.exec(path)?.[1] ?? ''
  if (name === 'mileage_km') return 'mileage'
  return SECTIONS.find((section) => section === name) ?? ''
}

/** What a thickness usually means; a hint for the eye, not a verdict. */
export function paintZone(um: number): 'thin' | 'factory' | 'repainted' | 'filler' {
  if (um < 80) return 'thin'
  if (um <= 180) return 'factory'
  return um <= 350 ? 'repainted' : 'filler'
}
