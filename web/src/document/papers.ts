// The client's papers as a form holds them and as the API takes them.

import type { MessageInitShape } from '@bufbuild/protobuf'

import type { Buyout, Document } from '@/gen/kite/buyout/v1/buyout_pb'
import type { PaperFields, PaperFieldsSchema, PapersSchema } from '@/gen/kite/task/v1/task_pb'
import { requisitesDraft, requisitesMessage, type RequisitesDraft } from '@/payment/requisites'

export const PAPERS = [
  'PASSPORT',
  'VEHICLE_PASSPORT',
  'REGISTRATION_CERTIFICATE',
  'PERSONAL_DATA_CONSENT',
] as const
export type PaperKind = (typeof PAPERS)[number]

type Name = Exclude<keyof PaperFields, '$typeName' | '$unknown'>

interface Field {
  name: Name
  /** The API's own name: key of its label and of the server's violations. */
  path: string
  type?: 'date' | 'number'
  required: boolean
}

const field = (name: Name, path: string, more: Partial<Field> = {}): Field => ({
  name,
  path,
  required: true,
  ...more,
})
const optional = { required: false }
const date = { type: 'date' as const }

/** Fields by the paper that they are read off. */
export const FIELDS: Record<'seller' | 'vehicle_passport' | 'registration' | 'rest', Field[]> = {
  seller: [
    field('sellerFullName', 'seller_full_name'),
    field('sellerBirthdate', 'seller_birthdate', date),
    field('passportSeries', 'passport_series'),
    field('passportNumber', 'passport_number'),
    field('passportIssuedBy', 'passport_issued_by'),
    field('passportIssuedOn', 'passport_issued_on', date),
    field('sellerAddress', 'seller_address'),
  ],
  vehicle_passport: [
    field('ownerFullName', 'owner_full_name'),
    field('vehiclePassportNumber', 'vehicle_passport_number'),
    field('vehiclePassportIssuedOn', 'vehicle_passport_issued_on', date),
    field('vehiclePassportIssuedBy', 'vehicle_passport_issued_by', optional),
    field('vehicleKind', 'vehicle_kind', optional),
    field('vehicleCategory', 'vehicle_category', optional),
    field('color', 'color'),
    field('powerHp', 'power_hp', { type: 'number', required: false }),
    field('engineNumber', 'engine_number', optional),
    field('chassisNumber', 'chassis_number', optional),
    field('bodyNumber', 'body_number', optional),
  ],
  registration: [field('registrationCertificateNumber', 'registration_certificate_number')],
  rest: [field('keys', 'keys', { type: 'number' })],
}

export const ALL_FIELDS: Field[] = Object.values(FIELDS).flat()

/** Fields that a verifier compares with each scan. */
export const FIELDS_OF: Record<PaperKind, Field[]> = {
  PASSPORT: FIELDS.seller,
  VEHICLE_PASSPORT: FIELDS.vehicle_passport,
  REGISTRATION_CERTIFICATE: FIELDS.registration,
  PERSONAL_DATA_CONSENT: [field('sellerFullName', 'seller_full_name')],
}

export interface PapersDraft {
  files: Record<string, string[]>
  fields: Record<string, string>
  requisites: RequisitesDraft
}

/** What is known already: papers that were returned, else what the deal says of the client. */
export function papersDraft(buyout: Buyout): PapersDraft {
  const known = buyout.papers
  const seller = known?.fields?.sellerFullName || buyout.client?.name || ''
  const fields: Record<string, string> = {}
  for (const { name } of ALL_FIELDS) {
    const value = known?.fields?.[name]
    fields[name] = value === undefined || value === 0 ? '' : String(value)
  }
  fields.sellerFullName ||= seller
  fields.ownerFullName ||= seller
  return {
    files: Object.fromEntries(
      PAPERS.map((kind) => [kind, known?.papers.find((paper) => paper.kind === kind)?.fileIds ?? []]),
    ),
    fields,
    requisites: requisitesDraft(known?.requisites, seller),
  }
}

export function papersMessage(draft: PapersDraft): MessageInitShape<typeof PapersSchema> {
  const fields: Record<string, string | number> = {}
  for (const { name, type } of ALL_FIELDS) {
    const text = (draft.fields[name] ?? '').trim()
    if (type === 'number') fields[name] = /^\d{1,9}$/.test(text) ? Number(text) : 0
    else fields[name] = text
  }
  return {
    papers: PAPERS.map((kind) => ({ kind, fileIds: draft.files[kind] ?? [] })),
    fields: fields as MessageInitShape<typeof PaperFieldsSchema>,
    requisites: requisitesMessage(draft.requisites),
  }
}

/** What is plainly missing; whether the rest is right the server says. */
export function missing(draft: PapersDraft): { papers: PaperKind[]; fields: string[] } {
  return {
    papers: PAPERS.filter((kind) => (draft.files[kind] ?? []).length === 0),
    fields: ALL_FIELDS.filter(
      ({ name, required }) => required && (draft.fields[name] ?? '').trim() === '',
    ).map(({ path }) => path),
  }
}

/** Of each kind the newest document that stands and can be looked at, in the order of their first versions. */
export function valid(documents: Document[]): Document[] {
  const newest = new Map<string, Document>()
  for (const each of documents) {
    if (each.void || !each.file) continue
    const known = newest.get(each.kind)
    if (!known || known.version < each.version) newest.set(each.kind, each)
  }
  return [...newest.values()]
}
